'use strict';
// The token lives as long as the tab. `livedesk emulate` hands one over in the fragment, which no server sees.
const handed = new URLSearchParams(location.hash.slice(1)).get('token');
if (handed) {
  sessionStorage.setItem('livedesk-token', handed);
  history.replaceState(null, '', location.pathname);
}
const token = () => sessionStorage.getItem('livedesk-token');
const authorization = () => (token() ? { authorization: 'Bearer ' + token() } : {});

const first = `# Sign in above, press play, choose an operation.
# What customers write appears in Live.

subscription Live {
  events {
    cursor
    event {
      __typename
      ... on MessageAdded {
        message { id direction text }
        conversation { ...Summary }
      }
      ... on MessageChanged {
        message {
          id text
          delivery { status reason }
        }
      }
      ... on ConversationChanged {
        conversation { ...Summary }
      }
    }
  }
}

query Inbox {
  viewer { name role }
  conversations(order: WAITING, first: 20) {
    nodes { waitingSince ...Summary }
  }
}

# Variables, below: {"conversation": "…",
# "text": "Hello", "key": "new for each answer"}
mutation Answer(
  $conversation: ID!, $text: String!, $key: String!
) {
  sendMessage(input: {
    conversationId: $conversation
    text: $text
    clientKey: $key
  }) {
    message { id delivery { status } }
    userErrors { code field message }
  }
}

fragment Summary on Conversation {
  id status unreadCount
  contact { name }
  channel { name }
  assignee { ... on Agent { name } }
  lastMessage { text }
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
  try {
    const answer = await fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization() },
      body: JSON.stringify({ query, variables }),
    });
    return await answer.json();
  } catch {
    return { errors: [{ message: 'The desk does not answer.' }] };
  }
}

const form = document.getElementById('sign-in');
const signedIn = document.getElementById('signed-in');
async function update() {
  const viewer = token() && (await ask('{ viewer { name role } }')).data?.viewer;
  if (!viewer) sessionStorage.removeItem('livedesk-token');
  form.hidden = Boolean(viewer);
  signedIn.hidden = !viewer;
  if (viewer) signedIn.querySelector('b').textContent = `${viewer.name} (${viewer.role.toLowerCase()})`;
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
  said.textContent = result?.userErrors?.[0]?.message ?? answer.errors?.[0]?.message ?? 'The desk does not answer.';
  form.password.select();
});

signedIn.querySelector('button').addEventListener('click', async () => {
  await ask('mutation { signOut { userErrors { message } } }');
  sessionStorage.removeItem('livedesk-token');
  await update();
});

update();
