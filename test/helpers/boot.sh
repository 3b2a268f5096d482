#!/bin/sh
# boot.sh CLONE STAGE: systemd as PID 1 of this machine's own files, in namespaces of its own, with the receiver installed by
# packaging/systemd/install. Everything written lands in a tmpfs on the folder STAGE, which nobody outside sees. STAGE/files, if
# there is one, is laid over it all. The caller gives it new mount, PID, IPC, UTS and cgroup namespaces.
set -eu
clone=$1 stage=$2
cp -a "$stage/files" /run/berth-boot-files.$$ 2> /dev/null || mkdir /run/berth-boot-files.$$
mount -t tmpfs -o mode=0755 stage "$stage"
mv /run/berth-boot-files.$$ "$stage/files"
mkdir "$stage/upper" "$stage/work" "$stage/root"
mount -t overlay -o "lowerdir=/,upperdir=$stage/upper,workdir=$stage/work" stage "$stage/root"
cd "$stage/root"

mkdir -p proc sys dev run tmp srv/berth
mount -t proc -o nosuid,nodev,noexec proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=0755,nosuid dev dev
node() { mknod -m 666 "dev/$1" c "$2" "$3"; }
node null 1 3; node zero 1 5; node full 1 7; node random 1 8; node urandom 1 9; node tty 5 0
mkdir dev/shm dev/pts
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=0755 run run
mount -t tmpfs -o mode=1777 tmp tmp
mount -t tmpfs -o mode=0755 data srv/berth

# Nothing of this machine starts but the receiver.
rm -rf etc/systemd/system/* etc/fstab etc/berth usr/local/lib/berth usr/lib/systemd/system/*.target.wants usr/lib/systemd/system-generators
DESTDIR=$PWD "$clone/packaging/systemd/install"
cp -a "$stage/files/." .
mkdir -p etc/systemd/system/berth-server.service.d
# There is no journal here.
printf '[Service]\nStandardOutput=append:/server.log\nStandardError=append:/server.log\n' > etc/systemd/system/berth-server.service.d/log.conf
printf '[Unit]\nWants=berth-server.service\n' > etc/systemd/system/berth-test.target

mkdir old
pivot_root . old
cd /
umount -l /old
exec env -i container=berth-test PATH=/usr/sbin:/usr/bin /lib/systemd/systemd --unit=berth-test.target --show-status=0
