// SPDX-License-Identifier: MIT
// Text from outside cannot steer a terminal: every command gets hostile octets wherever it takes text, and what it
// prints holds no control character but its own line ends. JSON holds them escaped, and stays valid.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { blepair, root, world } from './lib.mjs';

const utf8 = { ...process.env, LC_ALL: 'C.UTF-8', NO_COLOR: '1' };
// ESC, BEL, a line end, DEL, CSI as C1, right-to-left override, isolate, marks.
const controls = '\x1b[31m\x07\n\x7f\u009b2J\u202e\u2066\u200f\u061c';
const hostile = `a${controls}b`;
const invalid = Buffer.from('a\xff\xc3b\x80', 'latin1'); // not UTF-8

// Runs blepair through a shell, which passes octets that are not UTF-8 as they are: in args, a Buffer is such octets.
function run(w, args, { input = '', json = false } = {}) {
  const words = [...args, ...(json ? ['--json'] : [])].map((word) =>
    Buffer.isBuffer(word) || /[^\w./:,=-]/.test(word)
      ? `"$(printf '${[...Buffer.from(word)].map((octet) => `\\${octet.toString(8).padStart(3, '0')}`).join('')}x')"`
      : word);
  // The "x" keeps line ends, which $( ) removes; it is part of each hostile word.
  const child = spawn('sh', ['-c', `exec "${blepair}" ${words.join(' ')}`], { cwd: w.folder, env: utf8 });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve) => {
    const parts = { stdout: [], stderr: [] };
    for (const name of ['stdout', 'stderr']) child[name].on('data', (data) => parts[name].push(data));
    child.on('close', (code) => resolve({ code, stdout: Buffer.concat(parts.stdout), stderr: Buffer.concat(parts.stderr) }));
  });
}

const forbidden = /[\x00-\x09\x0b-\x1f\x7f\u0080-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

function isClean(octets, lines) {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(octets); // throws if it is not UTF-8
  assert.doesNotMatch(text, forbidden, JSON.stringify(text));
  if (lines) assert.equal(text.trimEnd().split('\n').length, lines, JSON.stringify(text));
  return text;
}

// Text is clean; each line of JSON is JSON.
async function check(w, args, options = {}) {
  const asText = await run(w, args, options);
  isClean(asText.stdout);
  const error = isClean(asText.stderr, options.lines);
  const asJson = await run(w, args, { ...options, json: true });
  const events = isClean(asJson.stdout).trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
  isClean(asJson.stderr);
  assert.equal(asJson.code, asText.code, `${error}${asJson.stdout}${asJson.stderr}`);
  return { error, text: isClean(asText.stdout), events, code: asText.code };
}

for (const [kind, evil] of [['controls', hostile], ['octets that are not UTF-8', invalid]]) {
  test(`${kind} in options and operands`, async (t) => {
    const w = await world(t);
    const address = '00:AA:01:00:00:99';
    const commands = [
      [evil], ['scan', evil], ['bonds', evil], ['explain', 'x', evil], ['verify', evil], ['bonds', 'show', evil],
      ['--io', evil, address], ['--passkey', evil, address], ['--oob', evil, address], ['--oob-file', evil, address],
      ['listen', '--name', evil, '--own-address', evil], ['--timeout', evil, address],
      ['batch', '--match', evil], ['batch', '--match', Buffer.concat([Buffer.from('name='), Buffer.from(evil), Buffer.from(',bad')])],
      ['explain', evil], ['explain', 'capture', '--html', Buffer.concat([Buffer.from('no/'), Buffer.from(evil)])],
      ['batch', evil, '--no-store'], ['bonds', 'import', evil, '--store', 'bonds.db'],
      ['bonds', 'list', '--store', Buffer.concat([Buffer.from('no/'), Buffer.from(evil)])],
      ['bonds', 'export', '--store', 'bonds.db', '--output', Buffer.concat([Buffer.from('no/'), Buffer.from(evil)])],
      [address, '--no-store', '-c', evil], [address, '--no-store', '-c', Buffer.concat([Buffer.from('unix:'), Buffer.from(evil)])],
      ['info', '-c', Buffer.concat([Buffer.from('serial:/dev/'), Buffer.from(evil)])],
      ['scan', '-c', w.controller, '-w', Buffer.concat([Buffer.from('no/'), Buffer.from(evil)])],
      ['batch', '--match', 'name=x', '--run', evil, '--no-store', '-c', 'unix:/nonexistent'],
      ['batch', '--match', 'name=x', '--no-store', '-c', Buffer.concat([Buffer.from('unix:/'), Buffer.from(evil)])],
    ];
    writeFileSync(join(w.folder, 'capture'), readFileSync(join(root, 'test', 'captures', 'own_sc_just_works.btsnoop')));
    for (const args of commands) {
      const { error, events, code } = await check(w, args);
      const said = error + JSON.stringify(events);
      assert.notEqual(code, 0, `${args}: ${said}`);
      assert.ok(code < 128, `${args} died`);
      assert.ok(error.length > 10, `${args}: the error is empty: ${said}`);
    }
  });
}

test('hostile text in lists of units, as CSV and as JSON', async (t) => {
  const w = await world(t);
  const bad = [
    `address,label\nxx,"${hostile.replace('\n', '')}"\n`, `address,${hostile}\n`, `${hostile}\n`,
    `{"address":"${hostile.replace('\n', '')}"}\n`, `{${JSON.stringify(hostile)}:1}\n`,
    `{"address":${JSON.stringify(hostile)}}\n`, `{"label":${JSON.stringify(hostile)}}\n`,
    `name,label\na,${controls.replace('\n', '')}\nb,${controls.replace('\n', '')}\n`,
    Buffer.concat([Buffer.from('address,label\n00:AA:01:00:00:99,'), invalid]),
    Buffer.concat([Buffer.from('{"address":"'), invalid, Buffer.from('"}\n')]),
  ];
  for (const input of bad) {
    writeFileSync(join(w.folder, 'list'), input);
    const { code, error } = await check(w, ['batch', 'list', '--no-store', '-c', 'unix:/nonexistent'], { lines: 1 });
    assert.equal(code, 2, error);
  }
  const rows = Buffer.concat([...bad.flatMap((part) => [Buffer.from(part), Buffer.from('\n')]), Buffer.from('address\n00:AA:01:00:00:98\n')]);
  const answers = await check(w, ['batch', '-', '--no-store', '-c', w.controller, '--scan-timeout', '0.5'], { input: rows });
  assert.equal(answers.code, 17, answers.error);
  assert.ok(answers.events.filter((event) => event.event === 'row').length >= bad.length);
  const label = 'SN\u202e\u009b\x1b]0;x\x07';
  const input = `{"address":"00:AA:01:00:00:99","label":${JSON.stringify(label)}}\n`;
  const { events, error } = await check(w, ['batch', '-', '--no-store', '-c', w.controller, '--scan-timeout', '0.5', '--report', 'page.html'], { input });
  assert.equal(events.find((event) => event.event === 'unit').label, label, 'JSON keeps the label');
  assert.match(error, /SN\ufffd/);
  isClean(readFileSync(join(w.folder, 'page.html')));
  assert.match(readFileSync(join(w.folder, 'page.html'), 'utf8'), /SN\ufffd/);
});

test('hostile text in files to import', async (t) => {
  const w = await world(t);
  const store = ['--store', 'bonds.db'];
  for (const input of [`{"version":1,"bonds":[{"peer":${JSON.stringify(hostile)}}]}`, `{"version":${JSON.stringify(hostile)}}`, `{${hostile}`,
    `${hostile},x\n`, invalid, `peer,${hostile}\n1,2\n`, '{"version":1,"bonds":[{"peer":{"address":"\\u009b","type":"\\u202e"},"made":"\\u001b"}]}']) {
    const { code, error } = await check(w, ['bonds', 'import', '-', ...store], { input });
    assert.equal(code, 2, error);
  }
  mkdirSync(join(w.folder, 'bluetooth/11:22:33:44:55:66/C6:05:04:03:02:01'), { recursive: true });
  writeFileSync(join(w.folder, 'bluetooth/11:22:33:44:55:66/C6:05:04:03:02:01/info'), `[General]\nName=${hostile}\nAddressType=${controls}\n[LongTermKey]\nKey=${controls}\n`);
  await check(w, ['bonds', 'import', 'bluetooth', ...store]);
});

test('hostile text in the name of a device', async (t) => {
  const w = await world(t);
  const name = 'l\x1b\x9b\u202e\u0085\x07'.slice(0, 6);
  const peripheral = w.start(blepair, ['-c', w.controller, 'listen', '--no-store', '--name', name, '--json'], { cwd: w.folder });
  const { own } = await peripheral.until('advertising');
  const { text, error, events } = await check(w, ['scan', '-c', w.controller, '--duration', '1']);
  assert.match(text + error, /l\ufffd/);
  assert.equal(events.find((event) => event.peer?.address === own.address && event.peer.name)?.peer.name, name, 'JSON keeps the name');
  const pairing = await check(w, [own.address, '-c', w.controller, '--no-store', '-v', '-v', '--io', 'none']);
  assert.equal(pairing.code, 0, pairing.error);
});

test('hostile text in a capture', async (t) => {
  const w = await world(t);
  const capture = readFileSync(join(root, 'test', 'captures', 'own_sc_just_works.btmon.txt'), 'utf8');
  for (const [at, text] of [['Just Works', hostile], ['0x', controls], ['SMP', hostile]]) {
    writeFileSync(join(w.folder, 'evil.txt'), capture.replaceAll(at, `${at}${text}`));
    await check(w, ['explain', 'evil.txt', '--html', 'page.html']);
    isClean(readFileSync(join(w.folder, 'page.html')));
  }
  for (const octets of [invalid, Buffer.from(hostile), Buffer.from('')]) {
    writeFileSync(join(w.folder, 'evil'), octets);
    assert.ok([2, 16, 20, 21].includes((await check(w, ['explain', 'evil'])).code));
  }
});
