// npm graphql-ws as apps use it: subscribes to the document in argv until the socket is refused for good, the stream
// ends, or the time in argv (milliseconds) is over; prints results, then the close codes it saw.
const { createClient } = require('graphql-ws');
const WebSocket = require('ws');

const [url, query, time] = process.argv.slice(2);
const codes = [];
const client = createClient({
  url,
  webSocketImpl: WebSocket,
  shouldRetry: () => true,
  on: { closed: (event) => codes.push(event.code) },
});

function end() {
  console.log('closed', ...codes);
  process.exit();
}

client.subscribe({ query }, {
  next: (result) => console.log('next', JSON.stringify(result)),
  error: (error) => { console.log('error', Array.isArray(error) ? JSON.stringify(error) : error.code ?? error.message); end(); },
  complete: () => { console.log('complete'); client.dispose(); setTimeout(end, 100); },
});
setTimeout(end, Number(time));
