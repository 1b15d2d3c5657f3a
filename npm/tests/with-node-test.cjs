// The same packages with node:test, by require.

const assert = require('node:assert/strict');
const { after, before, beforeEach, test } = require('node:test');
const { withAccountd } = require('@accountd/testing');

const accountd = withAccountd({ before, beforeEach, after });

test('the variables lead to the server', async () => {
  const variables = await accountd.env({ account: '111122223333' });
  assert.equal(variables.AWS_ENDPOINT_URL, accountd.url);
  assert.equal(variables.AWS_ACCESS_KEY_ID, 'admin111122223333');
});
