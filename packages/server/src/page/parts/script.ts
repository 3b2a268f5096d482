/**
 * What the pages do where there is JavaScript: when `/live` says that something changed, the same page is fetched again and only what
 * differs is replaced, so that focus, scroll position, open details and what is being typed stay. A sentence says what changed.
 */
export const script = `'use strict';
(() => {
const live = document.getElementById('live'), said = document.getElementById('said');
const say = (root) => new Map([...root.querySelectorAll('[data-say]')].map((e) => [e.id, e.dataset.say]));
let events = null, pause = 1000, timer = 0, lost = null, busy = false, again = false;

const attributes = (old, now) => {
  for (const { name } of [...old.attributes])
    if (!now.hasAttribute(name) && !(name === 'open' && old.localName === 'details')) old.removeAttribute(name);
  for (const { name, value } of now.attributes)
    if (old.getAttribute(name) !== value && !(name === 'open' && old.localName === 'details')) old.setAttribute(name, value);
};

// Makes old what now is, keeping every element that is still there: by its id, else by its place.
const morph = (old, now) => {
  if (old.isEqualNode(now)) return;
  if (old.nodeType !== 1 || old.nodeName !== now.nodeName || old.id !== now.id) return old.replaceWith(now);
  attributes(old, now);
  const byId = new Map([...old.children].filter((e) => e.id).map((e) => [e.id, e]));
  const ids = new Set([...now.children].map((e) => e.id));
  let here = old.firstChild;
  for (const next of [...now.childNodes]) {
    while (here && here.id && !ids.has(here.id)) { const gone = here; here = here.nextSibling; gone.remove(); }
    const same = next.id ? byId.get(next.id) : here && !here.id && here.nodeName === next.nodeName ? here : null;
    if (!same) { old.insertBefore(next, here); continue; }
    if (same === here) here = here.nextSibling;
    else old.insertBefore(same, here);
    morph(same, next);
  }
  while (here) { const gone = here; here = here.nextSibling; gone.remove(); }
};

const refresh = async () => {
  if (busy) { again = true; return; }
  busy = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' }, signal: AbortSignal.timeout(20000) });
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const main = document.querySelector('main'), next = page.querySelector('main');
    const before = say(main), after = say(next), focused = document.activeElement, top = scrollY;
    morph(main, document.adoptNode(next));
    if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
    scrollTo(scrollX, top);
    document.title = page.title;
    for (const link of page.querySelectorAll('link[rel=icon]')) document.querySelector('link[rel=icon]').href = link.href;
    const changed = [...after].filter(([id, words]) => before.get(id) !== words).map(([, words]) => words);
    if (changed.length > 0)
      said.textContent = changed.length < 4 ? changed.join('. ') + '.' : changed.length + ' changes. ' + (after.get('verdict') || '');
    tell();
  } catch { disconnected(); }
  busy = false;
  if (again) { again = false; refresh(); }
};

const tell = () => { lost = null; live.className = 'on'; live.textContent = 'live'; };
const disconnected = () => {
  if (events) events.close();
  events = null;
  lost = lost || new Date();
  const words = 'not live since ' + lost.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  live.className = 'off';
  if (live.textContent !== words) live.textContent = words;
  clearTimeout(timer);
  timer = setTimeout(connect, pause * (0.75 + Math.random() / 2));
  pause = Math.min(60000, pause * 2);
};
const connect = () => {
  clearTimeout(timer);
  if (events || document.hidden) return;
  events = new EventSource('/live?since=' + document.querySelector('main').dataset.version);
  events.onopen = () => { pause = 1000; tell(); };
  events.addEventListener('change', refresh);
  events.onerror = disconnected;
};
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) return connect();
  clearTimeout(timer);
  if (events) events.close();
  events = null;
});
connect();
})();
`;
