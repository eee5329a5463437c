// SPDX-License-Identifier: MIT
// blepair explain: the verdict on foreign captures, on our own captures, and after our own failures.
import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { blepair, root, world } from './lib.mjs';

const Ajv = createRequire(join(root, 'test', 'peers', 'package.json'))('ajv/dist/2020.js');
const fits = new Ajv({ allErrors: true, strict: false, discriminator: false }).compile(JSON.parse(readFileSync(join(root, 'docs', 'json.schema.json'))));
const capture = (name) => join(root, 'test', 'captures', name);
const run = (args, input = '') => spawnSync(blepair, ['explain', ...args], { encoding: 'utf8', input });
function explain(args, input) {
  const { stdout, stderr, status } = run([...args, '--json'], input);
  const events = stdout.trim().split('\n').map((line) => JSON.parse(line));
  for (const event of events) assert.ok(fits(event), `${JSON.stringify(event)} ${stderr}`);
  return { status, result: events.at(-1), attempts: events.filter((e) => e.event === 'explained') };
}
const values = (attempt) => Object.fromEntries(attempt.values.map((v) => [v.name, v]));
function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'blepair-explain.'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

const mail = readFileSync(capture('pairing_failed_0x08.btmon.txt'), 'utf8');
const wrapAt = (text, width) => text.split('\n').map((line) => line.replace(new RegExp(`(.{1,${width}})(?: +|$)`, 'g'), '$1\n').trimEnd()).join('\n');
for (const [form, text] of [
  ['as it was sent', mail],
  ['quoted', mail.replace(/^/gm, '> ')],
  ['quoted twice', mail.replace(/^/gm, '>> ')],
  ['wrapped once more', wrapAt(mail, 60)],
]) {
  test(`the mail of 2019, ${form}: all faults, the most likely cause first`, () => {
    const { status, attempts } = explain(['-', '--show-keys'], text);
    assert.equal(status, 15);
    assert.equal(attempts.length, 1);
    const [a] = attempts;
    assert.equal(a.outcome, 'refused');
    assert.equal(a.by, 'responder');
    assert.equal(a.frame, 38);
    assert.deepEqual(a.findings.map((f) => f.id),
      ['keys-not-negotiated', 'patterned-keys', 'l2cap-identifier', 'mitm-unmet', 'open-book', 'bringup-missing']);
    const [keys, patterned, identifier, mitm, open, bringup] = a.findings;
    assert.ok(keys.cause && a.findings.slice(1).every((f) => !f.cause));
    assert.match(keys.text, /the initiator distributed Encryption Information and Central Identification, although only Sign was negotiated.*most likely why the responder sent Unspecified Reason \(0x08\) and disconnected/);
    assert.deepEqual(keys.frames, [35, 36]);
    assert.match(patterned.text, /LTK .*Rand .*CSRK/);
    assert.match(identifier.text, /identifier 0 instead of 2/);
    assert.match(mitm.text, /Just Works was used, because the responder has no input and no output/);
    assert.match(open.text, /both confirm values and the STK match with TK 0, so phase 2 was correct: anyone who listened/);
    assert.match(bringup.text, /the host did not send LE Set Event Mask and LE Read Buffer Size after Reset/);
    const v = values(a);
    for (const name of ["initiator's confirm value", "responder's confirm value", 'STK']) assert.equal(v[name].result, 'right');
    assert.equal(v.TK.value, '0'.repeat(32));
  });
}

test('a sniffer: legacy Just Works, the STK from the air', () => {
  const { status, attempts: [a] } = explain([capture('crackle_01_legacy_jw_pairing_and_ltk_exchange.pcap'), '--show-keys']);
  assert.equal(status, 0);
  assert.equal(a.outcome, 'paired');
  assert.equal(a.passkey, '000000');
  assert.equal(values(a)["initiator's confirm value"].result, 'right');
  assert.equal(values(a)["responder's confirm value"].result, 'right');
  assert.equal(values(a).STK.value, '59d4b35ece0df548c10efe17e9da1f4c');
  assert.equal(values(a).STK.result, 'right');
  // The sniffer missed the peripheral's LL_START_ENC_RSP and Central Identification: neither end is blamed.
  assert.deepEqual(a.findings.map((f) => f.id), ['mitm-unmet', 'open-book', 'capture-holes']);
});

// The values that github.com/mikeryan/crackle finds in the same files.
const sent = (attempt, name) => attempt.ladder.filter((step) => step.name === name).map((step) => `${step.from}: ${step.says}`);
test('a sniffer: the keys that were distributed are decrypted', () => {
  const { status, attempts: [a] } = explain([capture('whad_ble_pairing.pcap'), '--show-keys']);
  assert.equal(status, 0);
  assert.deepEqual(sent(a, 'Encryption Information'), ['peripheral: 0e0596ef16cf17cc48357ee19da96728', 'central: a86cf20587e9b377eae242b4a347c18e']);
  assert.deepEqual(sent(a, 'Signing Information'), ['peripheral: 06031a0ad7dc4e3596ef1ec9932f06c3', 'central: d47b9193727bb9fe8d3bbb0f69eb8195']);
  // The IRK received encrypted resolves the address of the initiator.
  assert.equal(a.initiator.identity.address, '64:A2:F9:BE:DE:F1');
  assert.deepEqual(a.findings.map((f) => f.id), ['open-book']);
});

test('a sniffer: a later link with the key that was distributed is decrypted', (t) => {
  const both = join(folder(t), 'both.pcap');
  writeFileSync(both, Buffer.concat([readFileSync(capture('crackle_01_legacy_jw_pairing_and_ltk_exchange.pcap')),
    readFileSync(capture('crackle_02_known_ltk_encrypted.pcap')).subarray(24)]));
  const { attempts } = explain([both, '--show-keys']);
  assert.deepEqual(attempts.map((a) => a.outcome), ['paired', 'encrypted']);
  assert.equal(values(attempts[1])['LTK of this link'].value, '7f62c053f104a5bbe68b1d896a2ed49c');
  assert.deepEqual(attempts[1].findings.map((f) => [f.id, f.frames]), [['read-along', [795, 589]]]);
  // The reason of the disconnection is in an encrypted LL_TERMINATE_IND.
  assert.equal(attempts[1].ladder.at(-1).frame, 303 + 713);
  // Without the pairing the key is unknown.
  const { attempts: [alone] } = explain([capture('crackle_02_known_ltk_encrypted.pcap'), '--show-keys']);
  assert.deepEqual(alone.findings, []);
  assert.deepEqual(alone.values, []);
});

// Link-layer PDUs of a pcap with PPI: after its header and the access address, without the CRC.
function pdus(path) {
  const file = readFileSync(path);
  const found = [];
  for (let at = 24; at < file.length; at += 16 + file.readUInt32LE(at + 8)) {
    const packet = file.subarray(at + 16, at + 16 + file.readUInt32LE(at + 8));
    found.push(packet.subarray(packet.readUInt16LE(2) + 4, -3));
  }
  return found;
}

test('another library decrypts a capture with the exported keys', (t) => {
  const keys = join(folder(t), 'keys');
  assert.equal(run([capture('crackle_01_legacy_jw_pairing_and_ltk_exchange.pcap'), '--keys', keys, '--quiet']).status, 0);
  const [, ltk] = readFileSync(keys, 'utf8').match(/^Legacy LTK 0x([0-9a-f]{32}) {2}of the responder$/m);
  const air = pdus(capture('crackle_02_known_ltk_encrypted.pcap'));
  const control = (code, len) => air.findIndex((p) => (p[0] & 3) === 3 && p[1] === len && p[2] === code);
  const [request, response] = [air[control(3, 23)], air[control(4, 13)]];
  const skd = Buffer.concat([request.subarray(13, 21), response.subarray(3, 11)]).reverse();
  const e = createCipheriv('aes-128-ecb', Buffer.from(ltk, 'hex'), null).setAutoPadding(false);
  const session = e.update(skd);
  // The peripheral's LL_START_ENC_RSP is the first encrypted PDU of its direction.
  const sealed = air.slice(control(5, 1)).find((p) => (p[0] & 3) === 3 && p[1] === 5);
  const nonce = Buffer.concat([Buffer.alloc(5), request.subarray(21, 25), response.subarray(11, 15)]);
  const ccm = createDecipheriv('aes-128-ccm', session, nonce, { authTagLength: 4 });
  ccm.setAuthTag(sealed.subarray(3, 7));
  ccm.setAAD(Buffer.from([sealed[0] & 0xe3]), { plaintextLength: 1 });
  assert.equal(ccm.update(sealed.subarray(2, 3)).toString('hex'), '06');
  ccm.final();
});

test('a sniffer: the passkey is found by search', () => {
  const { attempts: [a] } = explain([capture('crackle_05_legacy_passkey.pcap'), '--show-keys']);
  assert.equal(a.passkey, '461140');
  assert.equal(values(a).TK.value, (461140).toString(16).padStart(32, '0'));
  assert.equal(values(a).STK.value, 'f2384b831a8e23b1b3224119ce1923ca');
  assert.match(a.agreed, /Passkey Entry/);
});

test('a sniffer: a passkey of zeros is not mistaken for Just Works', () => {
  const { attempts: [a] } = explain([capture('whad_ble_pairing.pcap'), '--show-keys']);
  assert.equal(a.passkey, '000000');
  assert.match(a.agreed, /Passkey Entry/);
  assert.match(a.findings.find((f) => f.id === 'open-book').text, /the passkey 000000/);
});

test('Secure Connections: the commitment and the number are recomputed, the keys cannot be', () => {
  const { status, attempts: [a] } = explain([capture('crackle_04_le_secure_connections.pcapng')]);
  assert.equal(status, 0);
  assert.equal(a.compared, '552754');
  assert.equal(values(a)["responder's commitment"].result, 'right');
  assert.match(a.findings.find((f) => f.id === 'not-computable').text, /private keys that are never sent/);
  assert.ok(!('LTK' in values(a)));
});

test('secrets are shown only with --show-keys; keys go to a private file', (t) => {
  const dir = folder(t);
  const [page, drawing, keys] = ['page.html', 'drawing.svg', 'keys'].map((name) => join(dir, name));
  const file = capture('crackle_05_legacy_passkey.pcap');
  const secret = /f2384b831a8e23b1b3224119ce1923ca|461140|70954/;
  let output = run([file, '--html', page, '--svg', drawing, '--keys', keys]);
  assert.equal(output.status, 0, output.stderr);
  assert.doesNotMatch(output.stdout + output.stderr, secret);
  for (const path of [page, drawing]) assert.doesNotMatch(readFileSync(path, 'utf8'), secret);
  assert.match(readFileSync(keys, 'utf8'), /^STK +0xf2384b831a8e23b1b3224119ce1923ca$/m);
  for (const path of [page, drawing, keys]) assert.equal(statSync(path).mode & 0o777, 0o600);
  output = run([file, '--html', page, '--svg', drawing, '--show-keys']);
  for (const text of [output.stdout, readFileSync(page, 'utf8'), readFileSync(drawing, 'utf8')]) assert.match(text, /f2384b831a8e23b1b3224119ce1923ca/);
  assert.match(output.stdout, /the passkey is 461140/);
});

test('the page and the drawing have no references, and a row for each message', (t) => {
  const dir = folder(t);
  const [page, drawing] = ['page.html', 'drawing.svg'].map((name) => join(dir, name));
  const { attempts: [a] } = explain(['-', '--html', page, '--svg', drawing], mail);
  for (const path of [page, drawing]) {
    const text = readFileSync(path, 'utf8');
    assert.doesNotMatch(text, /(src|href)="(?!#)|url\(|@import/);
    assert.equal(text.match(/<g class="row/g).length, a.ladder.length);
    for (const lane of ['host', 'controller', 'peer']) assert.match(text, new RegExp(`class="lane"[^>]*>${lane}<`));
    assert.match(text, /prefers-color-scheme:dark/);
    assert.match(text, /octets: 05 08/);
  }
});

test('a capture without an attempt has its own exit code', (t) => {
  const w = folder(t);
  for (const [args, input, status, words] of [
    [[], '', 2, /explain needs a capture file/],
    [['a', 'b'], '', 2, /unexpected argument "b"/],
    [[join(w, 'none')], '', 2, /none/],
    [['-'], 'Dear all,\nit does not work.\n', 16, /this text has no packet of btmon/],
    [[capture('pairing_failed_0x08.btmon.txt'), '--html', join(w, 'no', 'page')], '', 2, /cannot write .*page: No such file/],
  ]) {
    const output = run(args, input);
    assert.equal(output.status, status, `${args}: ${output.stdout}${output.stderr}`);
    assert.match(output.stderr, words);
  }
  const quiet = run(['-'], mail.split('\n').slice(0, 20).join('\n'));
  assert.equal(quiet.status, 16, quiet.stdout + quiet.stderr);
  assert.match(quiet.stderr, /start the capture before connecting/);
});

test('a file that others can read is refused and stays; the mode of anything but a file stays', (t) => {
  const w = folder(t);
  const [file, fifo] = ['file', 'fifo'].map((name) => join(w, name));
  writeFileSync(file, 'old');
  spawnSync('mkfifo', [fifo]);
  for (const path of [file, fifo]) chmodSync(path, 0o644);
  for (const option of ['--html', '--svg', '--keys']) {
    const refused = run([capture('crackle_05_legacy_passkey.pcap'), '--quiet', option, file]);
    assert.equal(refused.status, 2);
    assert.ok(refused.stderr.includes(`chmod 600 ${file}`), refused.stderr);
    assert.equal(readFileSync(file, 'utf8'), 'old');
    assert.equal(statSync(file).mode & 0o777, 0o644);
    const { status } = spawnSync('sh', ['-c', 'cat "$1" >"$1.read" & "$2" explain "$3" --quiet "$4" "$1" && wait', 'sh', fifo, blepair, capture('crackle_05_legacy_passkey.pcap'), option], { encoding: 'utf8' });
    assert.equal(status, 0);
    assert.equal(statSync(fifo).mode & 0o777, 0o644);
    assert.ok(readFileSync(`${fifo}.read`).length);
  }
});

test('a file that cannot be written is reported once, and is a failure', () => {
  const file = capture('pairing_failed_0x08.btmon.txt');
  for (const option of ['--html', '--svg', '--keys']) {
    const output = run([file, '--quiet', option, '/dev/full']);
    assert.equal(output.status, 1, option);
    assert.equal(output.stderr, '✗ cannot write /dev/full: No space left on device\n');
  }
  for (const more of [[], ['--json']]) {
    const output = spawnSync('sh', ['-c', '"$@" >/dev/full', 'sh', blepair, 'explain', file, ...more], { encoding: 'utf8' });
    assert.equal(output.status, 1);
    assert.equal(output.stderr, 'blepair: cannot write standard output\n');
  }
});

test('our own capture of a pairing gives no findings; our own failure is explained at once', async (t) => {
  const w = await world(t);
  const options = ['--io', 'none', '--no-store'];
  const peripheral = w.blepair('listen', ...options);
  const { own } = await peripheral.until('advertising');
  const good = w.blepair('-w', 'good.btsnoop', own.address, ...options);
  assert.equal(await good.exited, 0, good.errors);
  const { status, attempts } = explain([join(w.folder, 'good.btsnoop')]);
  assert.equal(status, 0);
  assert.equal(attempts.length, 1);
  assert.equal(attempts[0].outcome, 'paired');
  assert.deepEqual(attempts[0].findings.filter((f) => f.severity !== 'hint'), []);

  const bad = w.blepair('-w', 'bad.btsnoop', own.address, '--no-store', '--mitm', '--io', 'keyboard-display');
  assert.equal(await bad.exited, 9, bad.errors);
  const own_verdict = bad.events.at(-2);
  assert.equal(own_verdict.event, 'explained');
  assert.equal(own_verdict.outcome, 'refused');
  assert.equal(own_verdict.by, 'initiator');
  assert.equal(own_verdict.findings[0].id, 'mitm-refused');
  assert.ok(own_verdict.findings[0].cause);
  const [later] = explain([join(w.folder, 'bad.btsnoop')]).attempts;
  assert.deepEqual(later.findings.map((f) => [f.id, f.frames]), own_verdict.findings.map((f) => [f.id, f.frames]));

  // Without --json the verdict is last, followed by the ladder with --explain.
  for (const more of [[], ['--explain']]) {
    const output = await new Promise((resolve) =>
      execFile(blepair, ['-c', w.controller, '--no-store', '--mitm', '--io', 'keyboard-display', ...more, own.address], (error, stdout, stderr) => resolve(stderr)));
    const [, below] = output.split('✗ we refused: Authentication Requirements (0x03)\n');
    assert.match(below, /^ {2}why +the initiator requires protection against a man in the middle[^]*\[mitm-refused\]\n {13}→ /m);
    assert.equal(/SMP {3}! Pairing Failed: Authentication Requirements/.test(below), more.length > 0);
  }
  await peripheral.stop();

  // The listener prints a verdict for each attempt that failed, before its result, and for no other.
  const output = peripheral.events.filter((e) => e.event === 'explained' || e.event === 'result');
  assert.deepEqual(output.map((e) => e.outcome ?? e.result), ['paired', ...Array(3).fill(['refused', 'failed']).flat()]);
  const verdicts = output.filter((e) => e.event === 'explained');
  assert.ok(verdicts.every((v) => v.by === 'initiator' && v.findings.find((f) => f.cause).id === 'mitm-refused'));
  assert.ok(verdicts[0].frame < verdicts[1].frame && verdicts[1].frame < verdicts[2].frame);
});

test('blepair listen prints the verdict below the result, and with --explain the ladder', async (t) => {
  const w = await world(t);
  const peripheral = w.blepair('listen', '--no-store', '--mitm', '--io', 'keyboard-display');
  const { own } = await peripheral.until('advertising');
  await peripheral.stop();
  for (const more of [[], ['--explain']]) {
    const listener = spawn(blepair, ['-c', w.controller, 'listen', '--no-store', '--mitm', '--io', 'keyboard-display', ...more]);
    let output = '';
    listener.stderr.on('data', (data) => (output += data));
    while (!/advertising/.test(output)) await once(listener.stderr, 'data');
    const other = w.blepair(own.address, '--no-store', '--io', 'none');
    assert.equal(await other.exited, 8, other.errors);
    listener.kill('SIGINT');
    await once(listener, 'exit');
    const [, below] = output.split('✗ we refused: Authentication Requirements (0x03)\n');
    assert.match(below, /^ {2}why +the responder requires more than the request offers[^]*\[mitm-refused\]\n {13}→ /m, output);
    assert.equal(/SMP {3}! Pairing Failed: Authentication Requirements/.test(below), more.length > 0);
  }
});
