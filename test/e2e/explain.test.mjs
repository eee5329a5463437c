// SPDX-License-Identifier: MIT
// blepair explain: the verdict on foreign captures, on our own captures, and after our own failures.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { deflateSync, gzipSync } from 'node:zlib';
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
      ['keys-not-negotiated', 'patterned-keys', 'l2cap-identifier', 'mitm-unmet', 'bringup-missing', 'open-book']);
    const [keys, patterned, identifier, mitm, bringup, open] = a.findings;
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
  assert.deepEqual(a.findings.map((f) => f.id), ['mitm-unmet', 'signing-key', 'open-book']);
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

test('a drawing goes to a pipe and a device as well, as a whole', (t) => {
  const dir = folder(t);
  const drawing = join(dir, 'drawing.svg');
  const file = capture('own_sc_just_works.btsnoop');
  assert.equal(run([file, '--svg', drawing]).status, 0);
  const { stdout, stderr, status } = run([file, '--svg', '/dev/stdout', '--quiet']);
  assert.equal(status, 0, stderr);
  const undated = (text) => text.replace(/explained [-0-9]+ [:0-9]+ UTC/, 'explained'); // at different seconds
  assert.equal(undated(stdout), undated(readFileSync(drawing, 'utf8')));
  assert.match(stdout, /^<svg [^>]*height=" *[1-9]/);
  const before = statSync('/dev/null');
  assert.equal(run([file, '--svg', '/dev/null', '--html', '/dev/null', '--keys', '/dev/null']).status, 0);
  assert.deepEqual([statSync('/dev/null').mode, statSync('/dev/null').rdev], [before.mode, before.rdev]);
});

test('the page and the drawing have no references, and a row for each message', (t) => {
  const dir = folder(t);
  const [page, drawing] = ['page.html', 'drawing.svg'].map((name) => join(dir, name));
  const { attempts: [a] } = explain(['-', '--html', page, '--svg', drawing], mail);
  for (const path of [page, drawing]) {
    const text = readFileSync(path, 'utf8');
    assert.doesNotMatch(text, /(src|href)="(?!#)|url\(|@import/);
    assert.equal(text.match(/ id="a1-\d+"/g).length, a.ladder.length);
    assert.match(text, /standard input/);
    assert.match(text, /explained 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC by blepair \d/);
    assert.match(text, /initiator \(central\)[^]*responder \(peripheral\)/);
    assert.equal(text.match(/class="(hit|row[^"]*) ended/g).length, 1);
    for (const lane of ['host', 'controller', 'peer']) assert.match(text, new RegExp(`class="lane"[^>]*>${lane}<`));
    assert.match(text, /prefers-color-scheme:dark/);
    assert.match(text, /octets: 05 08/);
  }
});

test('the name of a file cannot become markup, and the page has the date of its capture', (t) => {
  const dir = folder(t);
  const evil = join(dir, '<img src=x onerror=alert(1)>"&.btsnoop');
  writeFileSync(evil, readFileSync(capture('own_sc_just_works.btsnoop')));
  for (const option of ['--html', '--svg']) {
    const { stdout, status } = run([evil, option, '-']);
    assert.equal(status, 0);
    assert.doesNotMatch(stdout, /<img|"&\./);
    assert.match(stdout, />&lt;img src=x onerror=alert\(1\)&gt;&quot;&amp;\.btsnoop</);
    assert.match(stdout, /btsnoop, [^<;]*; captured 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC; explained 20/);
  }
});

test('a capture without an attempt has its own exit code', (t) => {
  const w = folder(t);
  for (const [args, input, status, words] of [
    [[], '', 2, /explain needs a capture file/],
    [['a', 'b'], '', 2, /explain takes one capture, and "b" is a second one/],
    [[join(w, 'none')], '', 2, /none/],
    [['-'], 'Dear all,\nit does not work.\n', 20, /text without a packet that can be read\. To get a capture: .*Supported are/],
    [['-'], '[bluetooth]# pair 00:11:22:33:44:55\nFailed to pair: org.bluez.Error.AuthenticationCanceled\n', 20,
      /output of bluetoothctl: no packets .*AuthenticationCanceled: .*sudo btmon -w FILE/],
    [['-'], '%PDF-1.7\n', 20, /a PDF document/],
    [['/dev/null'], '', 21, /is empty/],
    [[capture('pairing_failed_0x08.btmon.txt'), '--html', join(w, 'no', 'page')], '', 2, /cannot write .*page: No such file/],
  ]) {
    const output = run(args, input);
    assert.equal(output.status, status, `${args}: ${output.stdout}${output.stderr}`);
    assert.match(output.stderr, words);
  }
  const quiet = run(['-'], mail.split('\n').slice(0, 20).join('\n'));
  assert.equal(quiet.status, 16, quiet.stdout + quiet.stderr);
  assert.match(quiet.stderr, /commands and events of HCI, no connection is seen to begin.*\n.*connect and pair while the capture runs/);
});

test('a log among packets says what they do not show', () => {
  const log = 'Failed to pair: org.bluez.Error.AuthenticationFailed\nBluetooth: hci0: unexpected SMP command 0x02 from 00:11\n';
  const nothing = run(['-'], `${mail.split('\n').slice(0, 20).join('\n')}\n${log}`);
  assert.match(nothing.stderr, /a log in it says: AuthenticationFailed: .*; and the kernel dropped .* Pairing Response \(0x02\)/);
  const paired = run(['-'], `${readFileSync(capture('own_sc_just_works.btmon.txt'), 'utf8')}\n${log}`);
  assert.equal(paired.status, 0);
  assert.doesNotMatch(paired.stdout + paired.stderr, /a log in it says/);
});

// The same mail cut in the middle of its pairing: an attempt that neither succeeded nor failed.
const cut = mail.slice(0, mail.search(/Encryption Information/));
const several = (t) => {
  const path = join(folder(t), 'several.btmon.txt');
  const good = readFileSync(capture('own_sc_just_works.btmon.txt'), 'utf8');
  const later = cut.replace(/\[hci0\] /g, '[hci0] 9'); // the same at the same time is one attempt, seen twice
  writeFileSync(path, `${good}\n${mail}\n${later}`);
  return path;
};

test('an attempt that is cut is neither a success nor a failure: 19, and --quiet shows it', () => {
  const { status, result, attempts: [a] } = explain(['-'], cut);
  assert.equal(status, 19);
  assert.deepEqual([result.result, result.class, result.unfinished, result.failed, result.succeeded], ['unfinished', 'unfinished', 1, 0, 0]);
  assert.equal(a.outcome, 'unfinished');
  assert.match(a.brief, / is unfinished: the capture ends before .*; explain what follows in the trace as well: it shows how the pairing ended\.$/);
  const quiet = run(['-', '--quiet'], cut);
  assert.equal(quiet.status, 19);
  assert.match(quiet.stdout, /the capture ends during phase 3: the responder/);
  assert.doesNotMatch(quiet.stdout, /Pairing Request:/);
  // A success is not worth a word to --quiet.
  const good = run([capture('own_sc_just_works.btsnoop'), '--quiet']);
  assert.deepEqual([good.status, good.stdout, good.stderr], [0, '', '']);
});

test('a capture that is only a header is empty: 21', (t) => {
  const path = join(folder(t), 'empty.btsnoop');
  writeFileSync(path, readFileSync(capture('own_sc_just_works.btsnoop')).subarray(0, 16));
  const { status, stdout, stderr } = run([path]);
  assert.equal(status, 21);
  assert.equal(stdout, '');
  assert.match(stderr, /this capture has no packet/);
  assert.equal(explain([path]).result.class, 'empty');
});

test('--brief prints one sentence for each attempt, and no ladder', (t) => {
  const path = several(t);
  const { stdout, stderr, status } = run([path, '--brief']);
  assert.equal(status, 15);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.length, 3, stdout);
  assert.match(lines[0], /^Pairing of 00:AA:01:01:00:42 with 00:AA:01:00:00:42 succeeded: LE Secure Connections, Just Works, 128-bit key \(frame 44\)/);
  assert.match(lines[1], new RegExp('^Pairing of [0-9A-F:]+ with D2:A7:4C:76:F3:E0 failed: the responder refused with Unspecified Reason \\(0x08, frame \\d+\\), '
    + 'most likely because the initiator distributed Encryption Information and Central Identification, although only Sign was negotiated for it \\(frames \\d+, \\d+\\); '
    + 'send exactly the keys whose bits are set in both Pairing Request and Pairing Response\\.$'));
  assert.match(lines[2], / is unfinished: the capture ends before the pairing ends: /);
  assert.match(stderr, /^3 attempts: 1 succeeded, 1 failed, 1 unfinished\n/);
  assert.deepEqual(explain([path]).attempts.map((a) => a.brief), lines);
  assert.equal(run([path, '--brief', '--quiet']).stdout, `${lines.slice(1).join('\n')}\n`);
  assert.equal(run([path, '--brief', '--quiet']).stderr, '');
});

test('several attempts end with their sum; --failed shows only failures', (t) => {
  const path = several(t);
  const all = run([path]);
  assert.match(all.stdout, /\n\n3 attempts: 1 succeeded, 1 failed, 1 unfinished\n/);
  assert.equal(all.stdout.match(/frame {2}host/g).length, 3);
  const failed = run([path, '--failed']);
  assert.equal(failed.status, 15);
  assert.match(failed.stdout, /^№ 2 ✗ the responder refused/);
  assert.equal(failed.stdout.match(/frame {2}host/g).length, 1);
  assert.match(failed.stdout, /\n\n3 attempts: 1 succeeded, 1 failed, 1 unfinished\n/);
  assert.deepEqual(explain([path, '--failed']).attempts.map((a) => a.number), [2]);
  // What there is none of is not counted.
  assert.equal(run([capture('own_sc_just_works.btsnoop'), '--failed']).stdout, '1 attempt: 1 succeeded\n');
});

test('- is standard output, for one file and nothing else', (t) => {
  const dir = folder(t);
  const file = capture('pairing_failed_0x08.btmon.txt');
  for (const [option, start] of [['--html', /^<!DOCTYPE html>/], ['--svg', /^<svg /], ['--keys', /^# /]]) {
    const { stdout, stderr, status } = spawnSync(blepair, ['explain', file, option, '-'], { encoding: 'utf8', cwd: dir });
    assert.equal(status, 15, stderr);
    assert.match(stdout, start);
    assert.doesNotMatch(stdout, /№ 1/);
    assert.throws(() => statSync(join(dir, '-')));
  }
  const both = run([file, '--html', '-', '--json']);
  assert.deepEqual([both.status, both.stderr], [2, 'blepair: --json and --html - both write to standard output; see blepair help explain\n']);
});

test('no file of explain is written over the store, which it does not open', (t) => {
  const dir = folder(t);
  const store = join(dir, 'blepair', 'blepair.db');
  mkdirSync(join(dir, 'blepair'));
  writeFileSync(store, 'bonds', { mode: 0o600 });
  for (const option of ['--html', '--svg', '--keys']) {
    const { status, stderr } = spawnSync(blepair, ['explain', capture('own_sc_just_works.btsnoop'), option, store],
      { encoding: 'utf8', env: { ...process.env, XDG_STATE_HOME: dir } });
    assert.deepEqual([status, stderr], [2, `blepair: the store and ${option} name the same file; see blepair help explain\n`]);
    assert.equal(readFileSync(store, 'utf8'), 'bonds');
  }
});

test('a file that others can read is refused and stays; the mode of anything but a file stays', (t) => {
  const w = folder(t);
  const [file, fifo] = ['file', 'fifo'].map((name) => join(w, name));
  writeFileSync(file, 'old');
  spawnSync('mkfifo', [fifo]);
  for (const path of [file, fifo]) chmodSync(path, 0o644);
  for (const option of ['--html', '--svg', '--keys']) {
    const refused = run([capture('crackle_05_legacy_passkey.pcap'), '--quiet', option, file]);
    assert.equal(refused.status, 5);
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
    assert.equal(output.stderr, 'blepair: cannot write standard output: No space left on device\n');
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
  assert.equal(own_verdict.findings[0].id, 'refused-here');
  assert.ok(own_verdict.findings[0].cause);
  assert.match(own_verdict.findings[0].text, /^the initiator refused because of --mitm: /);
  // The capture does not know the option; all else is the same.
  const [later] = explain([join(w.folder, 'bad.btsnoop')]).attempts;
  assert.equal(later.findings[0].id, 'mitm-refused');
  assert.equal(later.findings[0].frames[0], own_verdict.findings[0].frames[0]);
  assert.deepEqual(later.findings.slice(1).map((f) => [f.id, f.frames]), own_verdict.findings.slice(1).map((f) => [f.id, f.frames]));

  // Without --json the verdict is last, followed by the ladder with --explain.
  for (const more of [[], ['--explain']]) {
    const output = await new Promise((resolve) =>
      execFile(blepair, ['-c', w.controller, '--no-store', '--mitm', '--io', 'keyboard-display', ...more, own.address], (error, stdout, stderr) => resolve(stderr)));
    const [, below] = output.split('we refused: Authentication Requirements (0x03)\n');
    assert.match(below, /^ {2}why +the initiator refused because of --mitm: [^]*\[refused-here\]\n/m);
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

// btsnooz of version 2 from a btsnoop file of H4: the log in the memory of an Android phone.
function snooz(file) {
  const epoch = 0x00dcddb30f2f8000n, types = { '1,0': 0x20, '4,1': 0x10, '2,0': 0x21, '2,1': 0x11 }, records = [];
  let last;
  for (let at = 16; at < file.length; at += 24 + file.readUInt32BE(at + 4)) {
    const kept = file.readUInt32BE(at + 4), time = file.readBigUInt64BE(at + 16) - epoch, head = Buffer.alloc(9);
    head.writeUInt16LE(kept, 0);
    head.writeUInt16LE(kept, 2);
    head.writeUInt32LE(Number(time - (last ?? time)), 4);
    head.writeUInt8(types[[file[at + 24], file.readUInt32BE(at + 8) & 1]], 8);
    records.push(head, file.subarray(at + 25, at + 24 + kept));
    last = time;
  }
  const head = Buffer.alloc(9, 2);
  head.writeBigUInt64LE(last, 1);
  return Buffer.concat([head, deflateSync(Buffer.concat(records))]);
}

// The filter of system calls and the limit of memory hold while the libraries unpack.
for (const [form, ...command] of [['xz', 'xz', '-9', '-c'], ['xz in parts', 'xz', '-T2', '--block-size=200', '-c'], ['bzip2', 'bzip2', '-c'],
  ['zstd', 'zstd', '-qc'], ['zstd with the largest window', 'zstd', '-qc', '--ultra', '-22', '--long=27'], ['tar', 'tar', '-c'], ['ZIP', 'zip', '-q', '-']])
  test(`a capture packed as ${form} has the verdict of the capture`, (t) => {
    const path = join(folder(t), 'packed'), name = 'own_sc_just_works.btsnoop', of = ['tar', 'zip'].includes(command[0]) ? [name] : ['--', name];
    const made = spawnSync(command[0], [...command.slice(1), ...of], { cwd: join(root, 'test', 'captures') });
    if (made.error) return t.skip(`needs ${command[0]}`);
    writeFileSync(path, made.stdout);
    const verdict = (file) => JSON.parse(spawnSync(blepair, ['explain', '--json', file], { encoding: 'utf8' }).stdout.trim().split('\n').at(-1));
    const packed = verdict(path), plain = verdict(join(root, 'test', 'captures', name));
    assert.deepEqual([packed.attempts, packed.packets, packed.detail], [1, plain.packets, plain.detail]);
  });

// Several members, and between them what the format allows there.
for (const [form, padding, skipped] of [['xz', Buffer.alloc(8)], ['zstd', Buffer.from('502a4d1803000000616263', 'hex')],
  ['bzip2', Buffer.from('425a68391772453850900000000000', 'hex').subarray(0, 14)], ['gzip', Buffer.from('something else'), true]])
  test(`members of ${form} are read past what stands between them${skipped ? ', and what follows is reported' : ''}`, (t) => {
    const path = join(folder(t), 'packed'), file = join(root, 'test', 'captures', 'own_sc_just_works.btsnoop'), whole = readFileSync(file);
    const pack = (input) => spawnSync(form, ['-c'], { input });
    if (pack('').error) return t.skip(`needs ${form}`);
    writeFileSync(path, Buffer.concat([pack(whole.subarray(0, 400)).stdout, padding, pack(whole.subarray(400)).stdout]));
    const last = (of) => JSON.parse(spawnSync(blepair, ['explain', '--json', of], { encoding: 'utf8' }).stdout.trim().split('\n').at(-1));
    const packed = last(path), plain = last(file);
    if (skipped) assert.match(JSON.stringify(packed), /what follows the gzip data is not read/);
    else assert.deepEqual([packed.packets, packed.detail], [plain.packets, plain.detail]);
  });

test('a packed capture, and the log in a bug report of Android, have the verdict of the capture', (t) => {
  const path = join(folder(t), 'packed');
  const plain = readFileSync(capture('own_listen_sc.btsnoop'));
  const want = run([capture('own_listen_sc.btsnoop'), '--show-keys']).stdout;
  const log = snooz(plain);
  const report = `====\n== dumpstate: 2024-01-01 00:00:00\n====\n${'a line\n'.repeat(200000)}--- BEGIN:BTSNOOP_LOG_SUMMARY (1 bytes in) ---\n` +
    `${log.toString('base64').replace(/.{1,128}/g, '$&\n')}--- END:BTSNOOP_LOG_SUMMARY ---\n`;
  assert.match(want, /paired/);
  for (const [form, octets] of Object.entries({ gzip: gzipSync(plain), snooz: log, report, both: gzipSync(report) })) {
    writeFileSync(path, octets);
    for (const [args, input] of [[[path]], [['-'], octets]]) {
      const { status, stdout, stderr } = run([...args, '--show-keys'], input);
      assert.equal(status, 0, `${form}: ${stderr}`);
      assert.equal(stdout, want, form);
    }
  }
  writeFileSync(path, gzipSync(plain).subarray(0, -100));
  assert.match(run([path]).stdout, /\nthe file is cut: what it packs is missing from there on\n$/);
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
    const [, below] = output.split('we refused: Authentication Requirements (0x03)\n');
    assert.match(below, /^ {2}why +the responder refused because of --mitm: [^]*\[refused-here\]\n/m, output);
    assert.equal(/SMP {3}! Pairing Failed: Authentication Requirements/.test(below), more.length > 0);
  }
});

const field = (name) => join(root, 'test', 'field', name);

test('what is missing in an archive of many captures is named in whole clauses', (t) => {
  const archive = join(folder(t), 'all.tar');
  const names = ['user-refused.btsnoop', 'bredr-mouse.btsnoop', 'bredr-no-agent.btmon.txt', 'bredr-pairing-failed.btsnoop', 'bredr-short-key-quoted.btmon.txt', 'btstack-bredr.txt'];
  execFileSync('tar', ['-cf', archive, '-C', field('.'), ...names]);
  const { result } = explain([archive]);
  assert.match(result.detail, /; and more in other captures$/);
  for (const clause of result.detail.split('; ')) assert.match(clause, /(answered no|may not ask|LE only|other captures|\)|block\))$/);
});

test('bad input: one line says what is wrong and what to do', (t) => {
  const path = folder(t);
  const file = (name, text) => { writeFileSync(join(path, name), text); return join(path, name); };
  for (const [args, status, said] of [
    [[file('empty', '')], 21, /^✗ .*empty is empty\. To get a capture: run `sudo btmon -w FILE` while you pair, then `blepair explain FILE`$/],
    [[path], 2, /cannot be opened: Is a directory; name a capture in it, or pack it as one archive/],
    [[join(path, 'missing')], 2, /missing cannot be opened: No such file or directory$/],
    [[file('zeros', Buffer.alloc(4096))], 20, /is not a capture that can be read\. To get a capture: .*Supported are btsnoop/],
    [[file('prose', 'It does not pair.\n')], 20, /is text without a packet that can be read\. To get a capture: .*Supported are btsnoop/],
    [['a', 'b'], 2, /explain takes one capture, and "b" is a second one: explain each by itself, or pack them as one archive/],
    [['--checks', '--json'], 2, /--checks prints a table and reads no capture: --json has no use with it/],
  ]) {
    const { stdout, stderr, status: code } = spawnSync(blepair, ['explain', ...args], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } });
    assert.equal(code, status, `${args}: ${stderr}`);
    assert.equal(stdout, '');
    assert.equal(stderr.split('\n').length, 2, stderr);
    assert.match(stderr.trimEnd(), said);
  }
});

test('a page for a full standard output is a failure of standard output', () => {
  const { status, stderr } = spawnSync('sh', ['-c', '"$1" explain "$2" --html - >/dev/full', 'sh', blepair, capture('pairing_failed_0x08.btmon.txt')], { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, /cannot write standard output: No space left on device/);
});

// script gives its program a terminal; stty sets the width.
test('a narrow terminal: no word is broken', () => {
  const shell = (columns, command) => spawnSync('script', ['-qec', `stty cols ${columns}; ${command}`, '/dev/null'], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8', TERM: 'dumb' } }).stdout.replaceAll('\r', '').trimEnd();
  const file = capture('pairing_failed_0x08.btmon.txt');
  const whole = run([file]).stdout.split(/\s+/);
  for (const columns of [40, 60, 80, 140]) {
    const text = shell(columns, `'${blepair}' explain '${file}'`);
    for (const line of text.split('\n')) assert.ok(line.length <= columns, `${columns}: ${line}`);
    for (const word of text.split(/\s+/)) assert.ok(whole.includes(word) || whole.includes(`${word}:`), `${columns}: ${word}`);
    assert.doesNotMatch(text, /\x1b/); // TERM=dumb
    const error = shell(columns, `'${blepair}' explain '${file}.missing.because.it.was.removed'`);
    assert.match(error.replaceAll(/\s+/g, ' '), /cannot be opened: No such file or directory/);
  }
});
