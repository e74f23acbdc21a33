// The emulator's own API. Every call can be made with curl as well.

export async function post(path, body) {
  const response = await fetch("/emulator/api/" + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = response.status === 204 ? null : await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

export async function state() {
  const response = await fetch("/emulator/api/state");
  return response.json();
}

// listen follows the changes from a place on. The browser connects again by itself and says where it was.
export function listen(from, handlers) {
  const source = new EventSource("/emulator/api/events?from=" + from);
  for (const [kind, handle] of Object.entries(handlers)) {
    source.addEventListener(kind, (event) => handle(JSON.parse(event.data)));
  }
  return source;
}
