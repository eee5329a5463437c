// SPDX-License-Identifier: MIT
// docs/json.schema.json as a document: complete descriptions, and the same events as docs/json.md. lib.mjs validates
// every line of blepair against it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './lib.mjs';

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
  const rows = [...page.matchAll(/^\| ((?:`[a-z_]+`(?:, )?)+) \|/gm)].flatMap(([, names]) => names.match(/[a-z_]+/g));
  const table = rows.slice(0, rows.indexOf('result') + 1);
  assert.deepEqual([...table].sort(), [...events].sort());
});
