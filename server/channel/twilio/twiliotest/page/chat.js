// The customer's phone: the messages of one chat, and what became of each.
import { byId, clock, el, icon, keep } from "./dom.js";
import { post } from "./api.js";
import { addressOf, chatOf, changed, onArrival, store } from "./store.js";

const list = byId("chat");

export function drawChat() {
  const messages = store.person && store.line ? chatOf(store.person, store.line) : [];
  const chosen = store.person + " " + store.line;
  const moved = list.dataset.chat !== chosen;
  list.dataset.chat = chosen;
  list.classList.toggle("sms", !(store.line ?? "").startsWith("whatsapp:"));
  const shown = messages.length ? messages : [{ sid: "blank" }];
  keep(list, shown, (m) => m.sid, (m) => JSON.stringify([m, fateOf(m)]), (m) => (m.sid === "blank" ? blank() : bubbleOf(m)));
  following ||= moved;
  follow();
  readWhatIsSeen(messages);
}

// The end stays in sight, whatever grows, until the customer scrolls up.
let following = true;
const follow = () => { if (following) list.scrollTop = list.scrollHeight; };
list.addEventListener("scroll", () => { following = list.scrollHeight - list.scrollTop - list.clientHeight < 40; });
new ResizeObserver(follow).observe(list);

const blank = () => el("li", { class: "blank" }, "No messages yet. Write the first one below.");

function bubbleOf(m) {
  const fate = fateOf(m);
  const mine = m.direction === "inbound";
  const bubble = el("div", { class: "bubble" }, ...things(m), caption(m) ? el("span", {}, m.body) : null);
  const meta = el("div", { class: "meta " + (fate.tone ?? "") }, el("span", {}, clock(m.created)),
    fate.ticks ? el("span", { class: "ticks", "aria-hidden": "true" }, fate.ticks) : null, el("span", {}, fate.text));
  const replies = mine || !m.buttons || !m.arrived ? null : el("div", { class: "replies" }, ...m.buttons.map((title) =>
    el("button", { type: "button", onclick: () => press(m, title) }, title)));
  return el("li", { class: `${mine ? "mine" : "theirs"} ${fate.look ?? ""}` }, bubble, replies, meta);
}

// caption tells whether the text is more than the name of the file, which WhatsApp repeats in it.
const caption = (m) => m.body && !(m.media ?? []).some((f) => f.name === m.body);

// fateOf says in words what became of a message: of the customer's, whether the desk took it; of the desk's, how far
// it got.
function fateOf(m) {
  if (m.direction === "inbound") return fateOfMine(m);
  if (m.direction === "outbound-reply") return { text: "answered by Twilio, not by an agent", tone: "warning", look: "stray" };
  switch (m.status) {
    case "sent": return { ticks: "✓", text: "sent", look: "under-way" };
    case "delivered": return { ticks: "✓✓", text: "delivered" };
    case "read": return { ticks: "✓✓", text: "read", tone: "read" };
    case "failed": case "undelivered":
      return { text: `did not arrive · ${m.errorCode} ${m.errorText}`, tone: "trouble", look: "lost" };
  }
  return { text: m.status, look: "under-way" };
}

function fateOfMine(m) {
  const posts = [...store.posts.values()].filter((p) => p.kind === "inbound" && p.messageSid === m.sid);
  if (posts.some((p) => p.ok)) return { ticks: "✓✓", text: "taken by the desk", tone: "read" };
  if (posts.some((p) => !p.done)) return { text: "posting…" };
  const attempts = posts.at(-1)?.attempts ?? [];
  if (attempts.length === 0) return { text: "no webhook is set: the desk does not know", tone: "warning" };
  const times = attempts.length > 1 ? `, ${attempts.length} times` : "";
  return { text: (attempts.at(-1).status ? "the desk answered " + attempts.at(-1).status : "the desk did not answer") + times, tone: "trouble" };
}

function things(m) {
  const files = (m.media ?? []).map((f) => f.contentType.startsWith("image/") && f.contentType !== "image/svg+xml"
    ? el("img", { src: f.path, alt: f.name || "Photo", onload: follow })
    : thing("file", el("a", { href: f.path, download: f.name || true }, f.name || "File"), f.contentType));
  const place = m.location ? thing("pin", m.location.label || "Location", `${m.location.latitude}, ${m.location.longitude}`) : null;
  const sent = m.action?.startsWith("geo:") ? thing("pin", m.action.split("|")[1] || "Location", m.action.slice(4).split("|")[0]) : null;
  return [...files, place, sent];
}

const thing = (name, title, detail) => el("span", { class: "thing" }, icon(name), el("span", {}, title, el("small", {}, detail)));

function press(m, title) {
  post("messages", { from: addressOf(store.person, store.line), to: m.from, button: { text: title, payload: title }, replyTo: m.sid })
    .catch(() => {});
}

// readWhatIsSeen sends the read receipts of a chat that is looked at.
function readWhatIsSeen(messages) {
  const unread = messages.some((m) => m.direction === "outbound-api" && m.status === "delivered");
  if (unread && document.visibilityState === "visible" && store.line.startsWith("whatsapp:")) {
    post("read", { customer: addressOf(store.person, store.line) }).catch(() => {});
  }
}
document.addEventListener("visibilitychange", changed);

// A message in another chat is announced, with the way there.
onArrival((m) => {
  const key = m.customer.replace(/^whatsapp:/, "");
  if (key === store.person && m.line === store.line) return;
  const name = store.people.get(key)?.name || key;
  const open = el("button", { type: "button", onclick: () => {
    Object.assign(store, { person: key, line: m.line });
    byId("notice").replaceChildren();
    changed();
  } }, "Open");
  byId("notice").replaceChildren(el("span", {}, `${name} has a message from ${m.from.replace(/^whatsapp:/, "")}.`), open);
});
