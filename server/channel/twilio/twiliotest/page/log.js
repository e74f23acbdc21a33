// The log of webhooks, newest first.
import { byId, clockSeconds, el, keep, milliseconds } from "./dom.js";
import { post } from "./api.js";
import { store } from "./store.js";

const list = byId("log");
const shown = 200;
let filter = "all";

export function drawLog() {
  const posts = [...store.posts.values()].filter(wanted).sort((a, b) => b.id - a.id).slice(0, shown);
  keep(list, posts, (p) => p.id, (p) => JSON.stringify(p), row);
  byId("log-empty").hidden = posts.length > 0;
  byId("log-empty").textContent = filter === "all" ? "Nothing posted yet. Write something on the phone." : "Nothing of this kind.";
  const count = byId("count");
  count.textContent = store.posts.size;
  count.hidden = store.posts.size === 0;
}

function wanted(p) {
  if (filter === "failed") return p.done && !p.ok;
  return filter === "all" || p.kind === filter;
}

function row(p, before) {
  const open = before?.firstElementChild.open ?? false;
  const details = el("details", { open }, el("summary", {}, el("time", {}, clockSeconds(p.at)),
    el("span", { class: "kind" }, p.kind === "inbound" ? "message" : "status"), el("span", { class: "what" }, what(p)),
    outcome(p), el("span", { class: "took" }, p.attempts.length ? milliseconds(p.attempts.at(-1).tookMs) : "")));
  const fill = () => { if (details.children.length === 1) details.append(inside(p)); };
  details.addEventListener("toggle", fill);
  if (open) fill();
  return el("li", {}, details);
}

function what(p) {
  const form = (name) => p.form[name]?.[0] ?? "";
  if (p.kind === "status") return [form("MessageStatus"), form("ErrorCode"), store.messages.get(p.messageSid)?.body].filter(Boolean).join(" · ");
  return form("Body") || form("MessageType") || "message";
}

function outcome(p) {
  const last = p.attempts.at(-1);
  const times = p.attempts.length > 1 ? ` · ${p.attempts.length}×` : "";
  if (!p.done) return el("span", { class: "pill" }, "posting…" + times);
  if (!last) return el("span", { class: "pill bad" }, "not posted");
  const tone = !p.ok ? "bad" : last.note ? "warn" : "good";
  return el("span", { class: "pill " + tone }, (last.status || "no answer") + times);
}

function inside(p) {
  const again = p.kind !== "inbound" ? null : el("div", { class: "row" }, el("button", { type: "button", class: "quiet", onclick: () =>
    post("redeliver", { messageSid: p.messageSid, times: 1 }).catch(() => {}) }, "Post again"));
  return el("div", { class: "inside" }, el("p", { class: "to" }, `${p.method} ${p.url}`), table("Attempts", p.attempts.map(attempt)),
    table("Parameters", Object.keys(p.form).sort().map((name) => [name, p.form[name].join("\n")])), again);
}

const attempt = (a) => [clockSeconds(a.at), [a.status || a.error, milliseconds(a.tookMs), a.fallback ? "fallback URL" : "", a.note ?? ""]
  .filter(Boolean).join(" · ")];

const table = (caption, rows) => el("table", {}, el("caption", {}, caption),
  el("tbody", {}, ...rows.map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, value)))));

for (const choice of document.querySelectorAll("[data-filter]")) {
  choice.addEventListener("click", () => {
    filter = choice.dataset.filter;
    for (const other of document.querySelectorAll("[data-filter]")) other.setAttribute("aria-pressed", other === choice);
    drawLog();
  });
}
