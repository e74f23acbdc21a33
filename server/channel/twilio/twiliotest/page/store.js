// What the page knows, and what is chosen on it. Parts of the page draw themselves anew after a change.
import { state, listen } from "./api.js";
import { bare, isWhatsApp } from "./dom.js";

export const store = {
  accounts: [], links: [], lines: [],
  people: new Map(), // by number or user id without scheme
  messages: new Map(), // by SID, in order
  posts: new Map(), // by id
  person: null, line: null, // what is chosen: a key of people, an address of lines
};

const parts = [];
let waiting = false;

export function onChange(draw) {
  parts.push(draw);
}

export function changed() {
  if (waiting) return;
  waiting = true;
  setTimeout(() => {
    waiting = false;
    for (const draw of parts) draw();
  }, 16);
}

// arrivals are called with each message of the desk that has just reached a phone.
const arrivals = [];
export const onArrival = (tell) => arrivals.push(tell);

export async function connect() {
  let source = null;
  const start = async () => {
    const now = await state();
    fill(now);
    source = listen(now.next, {
      message: (m) => { takeMessage(m, true); changed(); },
      post: (p) => { if (p) store.posts.set(p.id, p); changed(); },
      people: (c) => { takePerson(c); changed(); },
      setting: (lines) => { store.lines = lines; changed(); },
      reset: () => { source.close(); start(); },
    });
  };
  await start();
}

function fill(now) {
  Object.assign(store, { accounts: now.accounts, links: now.links, lines: now.lines });
  store.messages.clear();
  store.posts.clear();
  now.customers.forEach(takePerson);
  now.messages.forEach((m) => takeMessage(m, false));
  now.posts.forEach((p) => store.posts.set(p.id, p));
  store.line ??= store.lines[0]?.address ?? null;
  changed();
}

function takePerson(c) {
  const key = bare(c.address);
  const known = store.people.get(key) ?? { key, address: c.address, name: "", userId: "" };
  store.people.set(key, { ...known, name: c.name || known.name, userId: c.userId || known.userId });
  store.person ??= key;
}

function takeMessage(m, live) {
  const before = store.messages.get(m.sid);
  store.messages.set(m.sid, m);
  if (live && m.direction !== "inbound" && m.arrived && !before?.arrived) arrivals.forEach((tell) => tell(m));
}

// chatOf lists the messages between a person and a line. Before a service has chosen a number, its messages stand
// with each of its lines of the same kind.
export function chatOf(person, line) {
  const at = store.lines.find((l) => l.address === line);
  return [...store.messages.values()].filter((m) => bare(m.customer) === person && isWhatsApp(m.customer) === isWhatsApp(line) &&
    (m.line ? m.line === line : at?.service === m.service));
}

// addressOf is how a person is known to a line.
export function addressOf(person, line) {
  return isWhatsApp(line) ? "whatsapp:" + person : person;
}

export function lineName(line) {
  const kind = line.kind === "WHATSAPP" ? "WhatsApp" : "SMS";
  return `${kind} ${bare(line.address)}` + (line.service ? " · Messaging Service" : "");
}
