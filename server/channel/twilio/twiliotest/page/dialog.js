// One dialog for all that is asked.
import { byId, el } from "./dom.js";

const dialog = byId("dialog");
let asking = null;

// ask shows fields and calls done with their values by name. When done fails, the dialog stays and says why.
export function ask({ title, ok, fields, done }) {
  asking = { fields, done };
  byId("dialog-title").textContent = title;
  byId("dialog-ok").textContent = ok;
  byId("dialog-error").textContent = "";
  byId("dialog-fields").replaceChildren(...fields.map(field));
  dialog.showModal();
}

function field({ name, label, value, type = "text", required }) {
  const id = "dialog-" + name;
  const input = el("input", { id, name, type, value, required, autocomplete: "off", step: type === "number" ? "any" : null });
  if (type === "checkbox") return el("div", { class: "field" }, el("label", { class: "check" }, input, label));
  return el("div", { class: "field" }, el("label", { for: id }, label), input);
}

dialog.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const values = {};
  for (const { name, type } of asking.fields) {
    const input = byId("dialog-" + name);
    values[name] = type === "checkbox" ? input.checked : input.value;
  }
  try {
    await asking.done(values);
    dialog.close();
  } catch (error) {
    byId("dialog-error").textContent = error.message;
  }
});
byId("dialog-cancel").addEventListener("click", () => dialog.close());
