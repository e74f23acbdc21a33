// Building blocks of the page: elements, and how things are written.

export const byId = (id) => document.getElementById(id);

// el makes an element. Properties that start with "on" are listeners, null ones are left out.
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value == null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", "#i-" + name);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

const time = (parts) => new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", ...parts });
const minutes = time({});
const seconds = time({ second: "2-digit" });
export const clock = (at) => minutes.format(new Date(at));
export const clockSeconds = (at) => seconds.format(new Date(at));

export const bare = (address) => address.replace(/^whatsapp:/, "");
export const isWhatsApp = (address) => address.startsWith("whatsapp:");

// initials of a name, or the last digits of a number.
export function initials(person) {
  const words = (person.name || "").split(/\s+/).filter(Boolean);
  if (words.length === 0) return bare(person.address).slice(-2);
  return (words[0][0] + (words.length > 1 ? words.at(-1)[0] : "")).toUpperCase();
}

export function milliseconds(ms) {
  if (ms >= 1000) return (ms / 1000).toFixed(1) + " s";
  return (ms >= 10 ? Math.round(ms) : ms.toFixed(1)) + " ms";
}

// keep brings the children of a list in line with the items: it makes new elements, leaves those alone whose
// fingerprint is the same, and drops the rest.
export function keep(list, items, key, fingerprint, build) {
  const there = new Map([...list.children].map((node) => [node.dataset.key, node]));
  let place = list.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    const print = fingerprint(item);
    let node = there.get(name);
    there.delete(name);
    if (!node || node.dataset.print !== print) {
      const fresh = build(item, node);
      fresh.dataset.key = name;
      fresh.dataset.print = print;
      if (node) {
        if (place === node) place = fresh;
        node.replaceWith(fresh);
      }
      node = fresh;
    }
    if (node === place) place = place.nextElementSibling;
    else list.insertBefore(node, place);
  }
  for (const node of there.values()) node.remove();
}
