// SPDX-License-Identifier: MIT
// Questions at a terminal: they are seen before they are answered, and how they may be answered.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { blepair, Terminal, world } from './lib.mjs';

async function pairAtTerminal(t, theirs, ours, converse, options) {
  const w = await world(t);
  const peripheral = w.blepair('listen', '--count', '1', ...theirs);
  const { own } = await peripheral.until('advertising');
  const terminal = new Terminal(w, ['-c', w.controller, `${own.address}/public`, '--no-store', ...ours], options);
  await converse(terminal, peripheral);
  assert.equal(await terminal.exited, 0, terminal.text);
  assert.equal(await peripheral.exited, 0);
  assert.equal(peripheral.result.authenticated, true);
  return terminal.text;
}

test('a number to compare stands alone on its line, and Y is a yes', async (t) => {
  const text = await pairAtTerminal(t, ['--io', 'display-yesno', '--confirm', 'yes'], ['--io', 'display-yesno'], async (terminal, peripheral) => {
    const [, grouped] = await terminal.seen(/^ *(\d{3} \d{3})$/m);
    await terminal.seen(/are they the same\? \(yes\/no, within (29|30) s\)$/m);
    assert.equal((await peripheral.until('confirm')).number, grouped.replace(' ', ''));
    terminal.type('Y');
  });
  assert.match(text, /█/); // large
});

test('a passkey is typed with a blank in the middle', (t) =>
  pairAtTerminal(t, ['--io', 'display', '--passkey', '123456', '--sc', 'only'], ['--io', 'keyboard'], async (terminal) => {
    await terminal.seen(/passkey +type the six digits that the peer displays, within (29|30) s:$/m);
    terminal.type('12345');
    await terminal.seen(/^blepair: a passkey has six digits; try again:$/m);
    terminal.type('123 456');
  }));

test('a passkey is typed without one, in a narrow terminal', async (t) => {
  const text = await pairAtTerminal(t, ['--io', 'display', '--passkey', '007123', '--sc', 'only'], ['--io', 'keyboard'], async (terminal) => {
    await terminal.seen(/within\s+(29|30)\s+s:$/m);
    terminal.type('007123');
  }, { columns: 30 });
  for (const line of text.split('\n')) assert.ok([...line].length <= 30, line);
});

test('no line of a failure and its explanation is longer than the terminal', async (t) => {
  const w = await world(t);
  const peripheral = w.blepair('listen', '--io', 'none');
  const { own } = await peripheral.until('advertising');
  for (const columns of [40, 60, 80]) {
    const terminal = new Terminal(w, ['-c', w.controller, `${own.address}/public`, '--no-store', '--mitm', '--io', 'keyboard-display'], { columns });
    assert.equal(await terminal.exited, 9, terminal.text);
    assert.match(terminal.text.replaceAll(/\s+/g, ' '), /the initiator refused because of --mitm/);
    for (const line of terminal.text.split('\n')) assert.ok([...line].length <= columns, `${columns}: ${line}`);
  }
});

async function withBonds(t) {
  const w = await world(t);
  const pairOnce = async (...more) => {
    const peripheral = w.blepair('listen', '--count', '1', '--replace-bond', ...more, '--store', 'theirs.db');
    const { own } = await peripheral.until('advertising');
    const central = w.blepair(`${own.address}/public`, '--replace-bond', ...more, '--store', 'bonds.db');
    assert.equal(await central.exited, 0, central.errors);
    assert.equal(await peripheral.exited, 0);
    return { peer: own.address, own: (await central.until('controller')).own.address, key: central.result.keys.peer.ltk };
  };
  return { w, pairOnce };
}

const bonds = (w, ...args) => spawnSync(blepair, ['bonds', ...args, '--store', 'bonds.db', '--json'], { cwd: w.folder, encoding: 'utf8', input: '' });
const events = (result) => result.stdout.trim().split('\n').map((line) => JSON.parse(line));

test('bonds remove --all asks visibly, also with standard output in a pipe', async (t) => {
  const { w, pairOnce } = await withBonds(t);
  await pairOnce('--io', 'none');
  for (const [answer, left, more] of [['n', 1, '| cat'], ['no', 1, ''], ['Yes', 0, '| cat']]) {
    const terminal = new Terminal(w, ['bonds', 'remove', '--all', '--store', 'bonds.db'], { more });
    await terminal.seen(/remove all bonds of bonds\.db\? \(yes\/no, within 60 s\)$/m);
    terminal.type(answer);
    await terminal.exited;
    assert.equal(events(bonds(w, 'list')).filter((event) => event.event === 'bond').length, left, terminal.text);
  }
});

test('bonds restore brings back the replaced bond, and asks', async (t) => {
  const { w, pairOnce } = await withBonds(t);
  const first = await pairOnce('--io', 'none');
  const second = await pairOnce('--io', 'none');
  const address = `${first.peer}/public`;
  const inForce = () => events(bonds(w, 'show', address, '--show-keys')).filter((e) => e.event === 'bond').map((e) => e.keys.peer.ltk);
  assert.equal(first.peer, second.peer);
  assert.deepEqual(inForce(), [second.key, first.key]);

  const refused = bonds(w, 'restore', address);
  assert.equal(refused.status, 2);
  assert.match(events(refused).at(-1).text, /bonds restore in a script needs --yes/);
  assert.deepEqual(inForce(), [second.key, first.key]);

  const terminal = new Terminal(w, ['bonds', 'restore', address, '--store', 'bonds.db']);
  await terminal.seen(/restore the bond with [^]*\(yes\/no,\s+within\s+60\s+s\)$/m);
  terminal.type('y');
  assert.equal(await terminal.exited, 0, terminal.text);
  assert.deepEqual(inForce(), [first.key, second.key]);

  const back = bonds(w, 'restore', address, '--yes');
  assert.equal(back.status, 0, back.stderr);
  assert.deepEqual(events(back).map((e) => e.event), ['restored', 'result']);
  assert.deepEqual(inForce(), [second.key, first.key]);
});

test('bonds restore refuses a weaker bond without --replace-bond', async (t) => {
  const { w, pairOnce } = await withBonds(t);
  const weak = await pairOnce('--io', 'none');
  const strong = await pairOnce('--io', 'keyboard-display', '--confirm', 'yes', '--passkey', '1');
  assert.equal(weak.peer, strong.peer);
  const refused = bonds(w, 'restore', `${weak.peer}/public`, '--yes');
  assert.equal(refused.status, 9);
  assert.match(events(refused).at(-1).text, /is weaker than the one in force: it is not authenticated/);
  assert.equal(bonds(w, 'restore', `${weak.peer}/public`, '--yes', '--replace-bond').status, 0);
  const none = bonds(w, 'restore', 'C4:00:00:00:00:01', '--yes');
  assert.equal(none.status, 2);
  assert.match(events(none).at(-1).text, /there is no bond with C4:00:00:00:00:01/);
});
