# A machine with the agent: Debian 13's restic, and Debian 12's beside it.
FROM node:24-trixie-slim
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends openssh-client restic rsync ssh-audit \
    && rm -rf /var/lib/apt/lists/*
COPY restic-0.14 /opt/0.14/restic
COPY berth.mjs /opt/berth/berth.mjs
RUN printf '#!/bin/sh\nexec node --disable-warning=ExperimentalWarning /opt/berth/berth.mjs "$@"\n' > /usr/local/bin/berth \
    && chmod 755 /usr/local/bin/berth /opt/0.14/restic && mkdir /opt/0.18 && ln -s /usr/bin/restic /opt/0.18/restic
CMD ["sleep", "infinity"]
