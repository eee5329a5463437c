// SPDX-License-Identifier: MIT
// docs/json.schema.json as a document: complete descriptions, and the same events as docs/json.md. lib.mjs validates
// every line of blepair against it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { blepair, root } from './lib.mjs';

const Ajv = createRequire(join(root, 'test', 'peers', 'package.json'))('ajv/dist/2020.js');

const schema = JSON.parse(readFileSync(join(root, 'docs', 'json.schema.json')));
const page = readFileSync(join(root, 'docs', 'json.md'), 'utf8');
const events = schema.oneOf.map((event) => event.properties.event.const);

function* properties(node, path) {
  if (!node || typeof node !== 'object') return;
  for (const [name, value] of Object.entries(node.properties ?? {})) yield [`${path}.${name}`, value];
  for (const [key, value] of Object.entries(node)) yield* properties(value, `${path}/${key}`);
}

test('the schema has an identifier, a version and a description', () => {
  assert.match(schema.$id, /^urn:blepair:json:\d+$/);
  assert.match(schema.version, /^\d+\.\d+$/);
  assert.equal(schema.$id.split(':').at(-1), schema.version.split('.')[0]);
  assert.ok(schema.description);
});

test('each property, event and definition has a description', () => {
  const all = [...properties(schema, ''), ...schema.oneOf.entries(), ...Object.entries(schema.$defs)];
  assert.ok(all.length > 300);
  for (const [name, value] of all) assert.match(value.description ?? '', /^\S.*\.$/, String(name));
});

test('an event allows only fields that the schema describes', () => {
  for (const event of schema.oneOf) assert.equal(event.additionalProperties, false, event.properties.event.const);
});

test('docs/json.md has a row for each event of the schema, and no other', () => {
  const rows = [...page.slice(page.indexOf('| event |')).matchAll(/^\| ((?:`[a-z_]+`(?:, )?)+) \|/gm)].flatMap(([, names]) => names.match(/[a-z_]+/g));
  const table = rows.slice(0, rows.indexOf('result') + 1);
  assert.deepEqual([...table].sort(), [...events].sort());
});

test('the peer is the same object in every event', () => {
  let count = 0;
  for (const event of schema.oneOf) {
    const { peer } = event.properties;
    if (peer) assert.equal(peer.$ref, '#/$defs/peer', event.properties.event.const);
    count += Boolean(peer);
  }
  assert.ok(count > 15, String(count));
  const { captured, ...party } = schema.$defs.party.properties;
  assert.deepEqual(party, schema.$defs.peer.properties, 'an end of a capture is a peer');
});

test('a method has one name: in JSON, for --method and in the lists of docs/batch.md', () => {
  const names = schema.$defs.method.enum.filter((name) => name !== 'none');
  const refused = spawnSync(blepair, ['C4:00:00:00:00:01', '--method', 'x'], { encoding: 'utf8' }).stderr;
  const option = refused.match(/expected (.*) or ([a-z_]+)/).slice(1).join(', ').split(', ');
  assert.deepEqual(option.filter((name) => name !== 'passkey'), names);
  const row = readFileSync(join(root, 'docs', 'batch.md'), 'utf8').split('\n').find((line) => line.startsWith('| `method` |'));
  assert.deepEqual(row.split('|')[2].match(/`[a-z_]+`/g).map((name) => name.slice(1, -1)), names);
});

// The schema of a profile and the parser agree, on good ones and on bad ones.
test('docs/profile.schema.json is what --profile takes', () => {
  const fits = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(join(root, 'docs', 'profile.schema.json'))));
  const folder = mkdtempSync(join(tmpdir(), 'blepair-profile.'));
  const file = join(folder, 'profile.json');
  const examples = readFileSync(join(root, 'docs', 'attributes.md'), 'utf8').match(/```json\n([\s\S]*?)```/)[1];
  const one = (more) => JSON.stringify({ attributes: [{ characteristic: '2A25', ...more }] });
  for (const [good, text] of [[true, examples], [true, one({})], [true, one({ write: 'text:' })], [true, one({ secret: false })],
    [true, one({ refused: 'open', allowed: 'secure' })], [false, '{}'], [false, one({ expect: 'x' })], [false, one({ expects: 'text:x' })],
    [false, one({ expect: 're:' })], [false, one({ expect: 'hex:0' })], [false, one({ write: 're:x' })], [false, one({ refused: 'secure' })],
    [false, one({ service: 'Serial Number' })], [false, one({ write: 'text:x', expect: 'text:x' })], [false, one({ secret: 1 })]]) {
    writeFileSync(file, text);
    const run = spawnSync(blepair, ['-c', 'unix:/nonexistent/socket', '--no-store', '--profile', file, 'C4:7C:8D:11:22:33'], { encoding: 'utf8' });
    assert.equal(fits(JSON.parse(text)), good, text);
    assert.equal(run.status !== 2, good, text + run.stderr);
  }
  rmSync(folder, { recursive: true });
});
