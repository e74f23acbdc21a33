'use strict';
// The token lives as long as the tab. `livedesk emulate` hands one over in the fragment, which no server sees.
const handed = new URLSearchParams(location.hash.slice(1)).get('token');
if (handed) {
  sessionStorage.setItem('livedesk-token', handed);
  history.replaceState(null, '', location.pathname);
}
const token = () => sessionStorage.getItem('livedesk-token');
const authorization = () => (token() ? { authorization: 'Bearer ' + token() } : {});

const first = `# Sign in above, then run a query with the play button or Ctrl-Enter.
# What customers write appears in the subscription; choose the operation beside the play button.

subscription Live {
  events {
    cursor
    event {
      __typename
      ... on MessageAdded {
        message { id direction text sender { __typename ... on Contact { name } ... on Agent { name } } }
        conversation { id status unreadCount contact { name } channel { name } }
      }
      ... on MessageChanged { message { id delivery { status reason } } }
      ... on ConversationChanged { conversation { id status assignee { ... on Agent { name } } } }
    }
  }
}

query Inbox {
  viewer { name role }
  conversations(filter: { assignee: { unassigned: true } }, order: WAITING, first: 20) {
    nodes { id status unreadCount waitingSince contact { name } channel { name } lastMessage { text } }
  }
}

mutation Answer($conversation: ID!, $text: String!) {
  sendMessage(input: { conversationId: $conversation, clientKey: "from-graphiql-1", text: $text }) {
    message { id delivery { status } }
    userErrors { code field message }
  }
}
`;

let root;
function show() {
  const url = new URL('/graphql', location.href);
  const live = new URL(url);
  live.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const fetcher = GraphiQL.createFetcher({
    url: url.href,
    subscriptionUrl: live.href,
    wsConnectionParams: authorization(),
    headers: authorization(),
  });
  root?.unmount();
  root = ReactDOM.createRoot(document.getElementById('graphiql'));
  root.render(React.createElement(GraphiQL, { fetcher, defaultQuery: first, shouldPersistHeaders: false }));
}

async function ask(query, variables) {
  const answer = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization() },
    body: JSON.stringify({ query, variables }),
  });
  return answer.json();
}

const form = document.getElementById('sign-in');
const signedIn = document.getElementById('signed-in');
async function update() {
  const viewer = token() && (await ask('{ viewer { name role } }')).data?.viewer;
  if (!viewer) sessionStorage.removeItem('livedesk-token');
  form.hidden = Boolean(viewer);
  signedIn.hidden = !viewer;
  if (viewer) signedIn.firstElementChild.textContent = `Signed in as ${viewer.name} (${viewer.role})`;
  show();
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const said = form.querySelector('output');
  said.textContent = '';
  const { email, password } = Object.fromEntries(new FormData(form));
  const answer = await ask(
    'mutation SignIn($input: SignInInput!) { signIn(input: $input) { token userErrors { message } } }',
    { input: { email, password } },
  );
  const result = answer.data?.signIn;
  if (result?.token) {
    sessionStorage.setItem('livedesk-token', result.token);
    form.reset();
    await update();
    return;
  }
  said.textContent = result?.userErrors?.[0]?.message ?? answer.errors?.[0]?.message ?? 'The desk did not answer.';
});

signedIn.querySelector('button').addEventListener('click', async () => {
  await ask('mutation { signOut { userErrors { message } } }');
  sessionStorage.removeItem('livedesk-token');
  await update();
});

update();
