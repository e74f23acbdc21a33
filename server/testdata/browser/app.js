'use strict';
// An app that uses the desk from wherever it is served, with what browsers have and no library. Each call gives text:
// what came, or the error's name when the browser let nothing through.
const app = { desk: '', token: '', heard: [] };

const outcome = (promise) => promise.catch((error) => error.name);
const bearer = () => (app.token ? { authorization: 'Bearer ' + app.token } : {});

app.ask = (query, variables) => outcome(fetch(app.desk + '/graphql', {
  method: 'POST',
  headers: { 'content-type': 'application/json', ...bearer() },
  body: JSON.stringify({ query, variables }),
}).then((answer) => answer.text()));

app.upload = (name, type, base64) => outcome(fetch(app.desk + '/uploads', {
  method: 'POST',
  headers: { 'content-type': type, 'x-file-name': encodeURIComponent(name), ...bearer() },
  body: Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)),
}).then((answer) => answer.text()));

app.download = (address) => outcome(fetch(address).then(async (answer) => {
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return btoa(String.fromCharCode(...bytes)) + ' ' + answer.headers.get('content-disposition');
}));

// slip sends what a browser sends without asking first: no preflight, and no answer that the page could read.
app.slip = (path, options) => outcome(fetch(app.desk + path, { mode: 'no-cors', ...options }).then((answer) => answer.type));

// live subscribes; what comes is kept in heard. It gives "acknowledged", or "closed" and the code.
app.live = (query) => new Promise((tell) => {
  const socket = new WebSocket(app.desk.replace('http', 'ws') + '/graphql', 'graphql-transport-ws');
  socket.onopen = () => socket.send(JSON.stringify({ type: 'connection_init', payload: bearer() }));
  socket.onclose = (event) => tell('closed ' + event.code);
  socket.onmessage = ({ data }) => {
    if (JSON.parse(data).type !== 'connection_ack') {
      app.heard.push(data);
      return;
    }
    socket.send(JSON.stringify({ id: 'live', type: 'subscribe', payload: { query } }));
    tell('acknowledged');
  };
});
