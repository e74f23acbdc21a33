// Runs the audits of npm graphql-http against the URL in argv and prints one line of JSON per audit.
const { auditServer } = require('graphql-http');

auditServer({ url: process.argv[2] }).then((results) => {
  for (const { id, name, status, reason } of results) {
    console.log(JSON.stringify({ id, name, status, reason }));
  }
});
