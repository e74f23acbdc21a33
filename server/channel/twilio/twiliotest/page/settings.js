// The webhook of the chosen line, the account, and trouble on purpose.
import { byId, el, icon } from "./dom.js";
import { post } from "./api.js";
import { lineName, store } from "./store.js";

const url = byId("hook-url");

export function drawSettings() {
  const line = store.lines.find((l) => l.address === store.line);
  if (!line) return;
  byId("hook-title").textContent = "Webhook of " + (line.settings.startsWith("MG") ? "the Messaging Service" : lineName(line));
  const state = byId("hook-state");
  state.textContent = line.webhook ? "set" : "not set";
  state.className = "pill " + (line.webhook ? "good" : "warn");
  if (url.dataset.of !== line.settings || url.dataset.was !== line.webhook) {
    Object.assign(url.dataset, { of: line.settings, was: line.webhook });
    url.value = line.webhook;
  }
  drawAccount();
}

function drawAccount() {
  const print = JSON.stringify([store.accounts, store.links, store.lines.map((l) => l.service)]);
  if (byId("keys").dataset.print === print) return;
  byId("keys").dataset.print = print;
  const services = [...new Set(store.lines.map((l) => l.service).filter(Boolean))];
  const values = [...store.accounts.flatMap((a) => [["Account SID", a.sid], ["Token", a.token]]),
    ...services.map((sid) => ["Service", sid])];
  byId("keys").replaceChildren(...values.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, el("code", { title: value }, value),
    el("button", { type: "button", class: "bare", "aria-label": "Copy " + name, title: "Copy", onclick: () => navigator.clipboard?.writeText(value) }, icon("copy"))))));
  byId("links").replaceChildren(...store.links.map((l) => el("a", { href: l.url, target: "_blank", rel: "noopener" }, l.title)));
}

byId("hook").addEventListener("submit", async (event) => {
  event.preventDefault();
  const state = byId("hook-state");
  try {
    await post("webhooks", { of: url.dataset.of, url: url.value.trim() });
  } catch (error) {
    state.textContent = error.message;
    state.className = "pill bad";
  }
});

const said = (text) => { byId("trouble-said").textContent = text; };

byId("fault").addEventListener("submit", async (event) => {
  event.preventDefault();
  const kind = byId("fault-kind");
  const times = Number(byId("fault-times").value) || 1;
  await post("faults", { kind: kind.value, times }).then(
    () => said(`The next ${times === 1 ? "send" : times + " sends"} of the desk: ${kind.selectedOptions[0].textContent}.`),
    (error) => said(error.message));
});

byId("advance").addEventListener("click", () => post("advance", { hours: 24 }).then(
  () => said("It is a day later for Twilio: only templates reach WhatsApp customers until they write again."),
  (error) => said(error.message)));
