// Who plays, and whom they write to.
import { bare, byId, el, initials, isWhatsApp } from "./dom.js";
import { post } from "./api.js";
import { ask } from "./dialog.js";
import { changed, lineName, store } from "./store.js";

const person = byId("person");
const line = byId("line");

export function drawPeople() {
  const people = [...store.people.values()];
  const nameless = (p) => (p.name ? `${p.name}  ${p.key}` : p.key);
  options(person, people.map((p) => [p.key, nameless(p)]), store.person);
  options(line, store.lines.map((l) => [l.address, lineName(l)]), store.line);
  const chosen = store.people.get(store.person);
  byId("avatar").textContent = chosen ? initials(chosen) : "";
}

function options(select, pairs, chosen) {
  const print = JSON.stringify(pairs);
  if (select.dataset.print !== print) {
    select.dataset.print = print;
    select.replaceChildren(...pairs.map(([value, text]) => el("option", { value }, text)));
  }
  select.value = chosen ?? "";
}

person.addEventListener("change", () => { store.person = person.value; whatsAppOnly(); changed(); });
line.addEventListener("change", () => { store.line = line.value; changed(); });

// whatsAppOnly moves somebody without a number to a line that can reach them.
function whatsAppOnly() {
  if (store.person.startsWith("+") || isWhatsApp(store.line)) return;
  store.line = store.lines.find((l) => isWhatsApp(l.address))?.address ?? store.line;
}

byId("add-person").addEventListener("click", () => ask({
  title: "New customer",
  ok: "Add",
  fields: [
    { name: "name", label: "Name", value: "" },
    { name: "number", label: "Number", value: "+447700900" + String(Math.floor(100 + Math.random() * 900)), required: true },
    { name: "hidden", label: "Hides the number: WhatsApp shows a user id only", type: "checkbox" },
  ],
  done: async ({ name, number, hidden }) => {
    const address = "whatsapp:" + (hidden ? "GB." + number.replace(/\D/g, "") : bare(number.trim()));
    await post("customers", { address, name, userId: hidden ? address : "" });
    store.person = bare(address);
    whatsAppOnly();
    changed();
  },
}));
