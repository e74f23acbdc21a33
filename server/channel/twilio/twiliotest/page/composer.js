// What the customer sends.
import { byId } from "./dom.js";
import { post } from "./api.js";
import { ask } from "./dialog.js";
import { addressOf, store } from "./store.js";

const text = byId("text");
const file = byId("file");

// send posts a message of the customer. What goes wrong at the desk stands at the message; what cannot be sent at all is
// told here.
async function send(what) {
  if (!store.person || !store.line) return;
  try {
    await post("messages", { from: addressOf(store.person, store.line), to: store.line, ...what });
  } catch (error) {
    byId("notice").textContent = error.message;
  }
}

byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const body = text.value.trim();
  if (!body) return;
  text.value = "";
  byId("notice").replaceChildren();
  send({ body });
});

text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  byId("composer").requestSubmit();
});

const kinds = {
  file: () => file.click(),
  place: () => ask({
    title: "Send a location", ok: "Send",
    fields: [
      { name: "label", label: "Name (empty for a dropped pin)", value: "Old Town Bakery" },
      { name: "address", label: "Address", value: "4 Market Street" },
      { name: "latitude", label: "Latitude", value: "51.5072", type: "number", required: true },
      { name: "longitude", label: "Longitude", value: "-0.1276", type: "number", required: true },
    ],
    done: async (v) => { send({ location: { label: v.label, address: v.address, latitude: Number(v.latitude), longitude: Number(v.longitude) } }); },
  }),
  card: () => ask({
    title: "Send a contact card", ok: "Send",
    fields: [
      { name: "name", label: "Name", value: "Mira Patel", required: true },
      { name: "phone", label: "Number", value: "+447700900555", required: true },
    ],
    done: async ({ name, phone }) => {
      const card = `BEGIN:VCARD\r\nVERSION:3.0\r\nN:;${name};;;\r\nFN:${name}\r\nTEL;type=CELL:${phone}\r\nEND:VCARD\r\n`;
      send({ media: [{ name: name + ".vcf", contentType: "text/vcard", data: base64(new TextEncoder().encode(card)) }] });
    },
  }),
  button: () => ask({
    title: "Reply with a button", ok: "Send",
    fields: [
      { name: "text", label: "Text on the button", value: "5", required: true },
      { name: "payload", label: "Payload", value: "5", required: true },
    ],
    done: async ({ text: title, payload }) => { send({ button: { text: title, payload } }); },
  }),
};

for (const choice of document.querySelectorAll("[data-send]")) {
  choice.addEventListener("click", () => {
    byId("attach").hidePopover();
    kinds[choice.dataset.send]();
  });
}

file.addEventListener("change", async () => {
  const [chosen] = file.files;
  file.value = "";
  if (!chosen) return;
  if (chosen.size > 16 * 1024 * 1024) {
    byId("notice").textContent = "WhatsApp takes files up to 16 MB.";
    return;
  }
  const data = base64(new Uint8Array(await chosen.arrayBuffer()));
  send({ body: text.value.trim(), media: [{ name: chosen.name, contentType: chosen.type || "application/octet-stream", data }] });
  text.value = "";
});

function base64(bytes) {
  let binary = "";
  for (let i = 0; i < bytes.length; i += 0x8000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(binary);
}
