// SPDX-License-Identifier: MIT
// blepair against blepair listen: each method, legacy and Secure Connections; the keys of both ends; use
// of the bond; refusals and their messages.
import test from 'node:test';
import assert from 'node:assert/strict';
import net from 'node:net';
import { once } from 'node:events';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blepair, world } from './lib.mjs';

const listener = '00:AA:01:00:00:42';
const hex = (digit) => digit.repeat(32);

// Answers the prompts of both ends, as users who see both displays do.
function users(one, other, { rejectNumbers = false, typed } = {}) {
  const numbers = [];
  for (const [a, b] of [[one, other], [other, one]]) {
    a.until((e) => e.event === 'passkey' && e.action === 'type').then(async () => {
      const shows = (e) => e.event === 'passkey' && e.action === 'show';
      if (typed) return a.answer(typed);
      const both = await Promise.race([
        b.until(shows).then((e) => e.passkey),
        b.until((e) => e.event === 'passkey' && e.action === 'type').then(() => '314159'),
      ]);
      a.answer(both);
    }).catch(() => {});
    a.until('confirm').then((e) => {
      numbers.push(e.number);
      a.answer(rejectNumbers ? 'no' : 'yes');
    }).catch(() => {});
  }
  return numbers;
}

async function pair(w, ours, theirs, ...more) {
  const listen = w.blepair('listen', '--count', '1', '--timeout', '60', ...theirs);
  await listen.until('advertising');
  const central = w.blepair(...ours, listener);
  const numbers = users(central, listen, ...more);
  await central.exited;
  // --count does not count a failure: stop the listener as a user does.
  const result = await listen.until('result');
  if (result.class !== 'ok') listen.child.kill('SIGINT');
  await listen.exited;
  return { central, listen, numbers, a: central.result, b: result };
}

function sameKeys(a, b) {
  assert.deepEqual(a.keys.local, b.keys.peer, 'what the initiator distributed');
  assert.deepEqual(a.keys.peer, b.keys.local, 'what the responder distributed');
  assert.equal(a.keys.link_key, b.keys.link_key);
}

const methods = [
  // ours, theirs, our method, authenticated
  ['none', 'none', 'just_works', false],
  ['display', 'keyboard', 'passkey_we_show', { prefer: true, off: false }], // Core 6.2
  ['keyboard', 'display', 'passkey_we_type', { prefer: true, off: false }],
  ['keyboard', 'keyboard', 'passkey_both_type', { prefer: true, off: false }],
  ['display-yesno', 'display-yesno', { prefer: 'numeric_comparison', off: 'just_works' }, { prefer: true, off: false }],
  ['keyboard-display', 'keyboard-display', { prefer: 'numeric_comparison', off: 'passkey_we_show' }, { prefer: true, off: false }],
];

for (const sc of ['prefer', 'off'])
  for (const [io, peerIo, method, authenticated] of methods)
    test(`blepair: sc ${sc}, ${io} with ${peerIo}, bond used again`, async (t) => {
      const w = await world(t);
      const own = ['--store', join(w.folder, 'central.db')];
      const their = ['--store', join(w.folder, 'peripheral.db')];
      const { a, b, numbers } = await pair(w, ['--io', io, '--sc', sc, ...own], ['--io', peerIo, '--sc', sc, ...their]);
      assert.equal(a.result, 'paired');
      assert.equal(a.method, method[sc] ?? method);
      assert.equal(a.authenticated, authenticated[sc] ?? authenticated);
      assert.equal(a.secure_connections, sc === 'prefer');
      sameKeys(a, b);
      assert.ok(a.keys.local.irk && a.keys.peer.irk);
      assert.ok(!a.keys.local.csrk && !a.keys.peer.csrk); // Core 6.3
      if (numbers.length) assert.equal(numbers[0], numbers[1]);
      assert.equal(statSync(join(w.folder, 'central.db')).mode & 0o777, 0o600);

      const v = await world(t);
      const listen = v.blepair('listen', '--count', '1', ...their);
      await listen.until('advertising');
      const again = v.blepair('verify', ...own, listener);
      assert.equal(await again.exited, 0, JSON.stringify(again.events));
      assert.equal(await listen.exited, 0);
      assert.equal(again.result.result, 'encrypted');
    });

test('a peer that lost its bond is recognized: 0x06', async (t) => {
  const w = await world(t);
  const own = ['--store', join(w.folder, 'central.db')];
  await pair(w, own, []);
  const v = await world(t);
  const listen = v.blepair('listen', '--count', '1');
  await listen.until('advertising');
  const again = v.blepair('verify', ...own, listener);
  assert.equal(await again.exited, 12);
  assert.equal(again.result.class, 'bond_lost');
  assert.equal(again.result.reason_code, 6);
});

// listen keeps a bond that Just Works would replace.
test('a second pairing uses the bond, and with --replace-bond the peer\'s bond is named as the cause of its refusal', async (t) => {
  const w = await world(t);
  const own = ['--io', 'none', '--store', join(w.folder, 'central.db')];
  const their = ['--io', 'none', '--store', join(w.folder, 'peripheral.db')];
  assert.equal((await pair(w, own, their)).a.result, 'paired');
  for (const [more, code] of [[[], 0], [['--replace-bond'], 8]]) {
    const v = await world(t);
    const listen = v.blepair('listen', ...their);
    await listen.until('advertising');
    const again = v.blepair(...own, ...more, listener);
    assert.equal(await again.exited, code, JSON.stringify(again.events));
    if (code === 0) {
      assert.equal(again.result.result, 'encrypted');
      assert.equal(again.result.replaced, false);
      assert.ok(!again.events.some((e) => e.event === 'features'));
    } else {
      assert.equal(again.result.reason_code, 3);
      assert.match(again.result.advice, /the bond that the peer has with us/);
    }
    await listen.stop();
  }
});

// The central used to hang up before the host of the peer had finished.
for (const options of [['--init-keys', 'none'], ['--init-keys', 'none', '--resp-keys', 'none']])
  test(`${options.join(' ')}: a bond at one end is a bond at the other`, async (t) => {
    const w = await world(t);
    const { a, b } = await pair(w, [...options, '--store', join(w.folder, 'central.db')], ['--store', join(w.folder, 'peripheral.db')]);
    assert.equal(a.bonded, true);
    assert.equal(b.bonded, true);
  });

test('legacy out of band: the same TK at both ends', async (t) => {
  const w = await world(t);
  const oob = ['--oob', `tk=${'0123456789abcdef'.repeat(2)}`];
  const { a, b } = await pair(w, oob, oob);
  assert.equal(a.method, 'oob');
  assert.equal(a.secure_connections, false);
  assert.equal(a.authenticated, true);
  sameKeys(a, b);
});

test('SM/CEN/OOB/BI-01-C: different TKs are refused', async (t) => {
  const w = await world(t);
  const { central, a } = await pair(w, ['--oob', `tk=${hex('1')}`], ['--oob', `tk=${hex('2')}`]);
  assert.notEqual(central.code, 0);
  assert.equal(a.reason_code, 4);
});

// SM/CEN/SCOB/BV-01-C, SM/PER/SCOB/BV-02-C: either direction, and both.
for (const [name, oursThere, theirsHere] of [['both', 1, 1], ['ours at the peer', 1, 0], ['the peer\'s here', 0, 1]])
  test(`Secure Connections out of band: ${name}`, async (t) => {
    const w = await world(t);
    const own = ['--oob-own', join(w.folder, 'own.json')];
    const their = ['--oob-own', join(w.folder, 'their.json')];
    const first = w.blepair('listen', ...their);
    const theirData = await first.until('oob');
    await first.stop();
    const second = w.blepair('listen', ...own);
    const ourData = await second.until('oob');
    await second.stop();
    assert.equal(statSync(join(w.folder, 'own.json')).mode & 0o777, 0o600);
    const text = (e) => `confirm=${e.confirm},random=${e.random}`;
    writeFileSync(join(w.folder, 'ours.json'), JSON.stringify(ourData)); // as a file

    const v = await world(t);
    const { a, b } = await pair(v,
      [...own, ...(theirsHere ? ['--oob', text(theirData)] : [])],
      [...their, ...(oursThere ? ['--oob-file', join(w.folder, 'ours.json')] : [])]);
    assert.equal(a.result, 'paired', JSON.stringify(a));
    assert.equal(a.method, 'oob');
    assert.equal(a.secure_connections, true);
    sameKeys(a, b);
  });

test('a link key is derived when both request it', async (t) => {
  const w = await world(t);
  const keys = ['--init-keys', 'id,link', '--resp-keys', 'id,link'];
  const { a, b } = await pair(w, keys, keys);
  assert.match(a.keys.link_key, /^[0-9a-f]{32}$/);
  assert.equal(a.keys.local.csrk, undefined);
  sameKeys(a, b);
});

test('the keys are the intersection of both requests', async (t) => {
  const w = await world(t);
  const { a, b } = await pair(w, ['--sc', 'off', '--init-keys', 'enc,sign', '--resp-keys', 'id'],
    ['--init-keys', 'sign', '--resp-keys', 'enc,id']);
  assert.deepEqual(Object.keys(a.keys.local), ['csrk']);
  assert.deepEqual(Object.keys(a.keys.peer), ['irk', 'identity']);
  sameKeys(a, b);
});

test('--mitm refuses a peer without the IO capabilities, and the result names them', async (t) => {
  const w = await world(t);
  const { central, a, b } = await pair(w, ['--io', 'keyboard-display', '--mitm'], ['--io', 'none']);
  assert.equal(central.code, 9);
  assert.equal(a.reason_code, 3);
  assert.match(a.detail, /the peer has no input and no output \(NoInputNoOutput\): only Just Works is possible/);
  assert.equal(b.class, 'peer_refused');
  assert.equal(b.reason, 'Authentication Requirements');
});

test('--sc only refuses legacy, at both ends', async (t) => {
  const w = await world(t);
  const { central } = await pair(w, ['--sc', 'only'], ['--sc', 'off']);
  assert.equal(central.code, 9);
  const v = await world(t);
  const other = await pair(v, ['--sc', 'off'], ['--sc', 'only']);
  assert.equal(other.central.code, 8);
  assert.equal(other.a.reason_code, 3);
});

test('key size: the smaller maximum is used, and one below the minimum is refused', async (t) => {
  const w = await world(t);
  const small = ['--min-key-size', '7', '--max-key-size', '7'];
  const { a, b } = await pair(w, small, small);
  assert.equal(a.key_size, 7);
  assert.match(a.keys.peer.ltk, /^0{18}/);
  sameKeys(a, b);
  const v = await world(t);
  const { central, a: refused } = await pair(v, [], small);
  assert.equal(central.code, 9);
  assert.equal(refused.reason_code, 6);
});

test('a rejected comparison ends the pairing: 0x0C', async (t) => {
  const w = await world(t);
  const { central, a } = await pair(w, ['--io', 'display-yesno'], ['--io', 'display-yesno'], { rejectNumbers: true });
  assert.notEqual(central.code, 0);
  assert.equal(a.reason_code, 12);
});

test('a wrong passkey ends the pairing: 0x04', async (t) => {
  const w = await world(t);
  const { central, a } = await pair(w, ['--io', 'keyboard', '--passkey', '000001'], ['--io', 'display', '--passkey', '123456']);
  assert.notEqual(central.code, 0);
  assert.equal(a.reason_code, 4);
});

test('passkey and answer from the command line, with keypress notifications', async (t) => {
  const w = await world(t);
  const { a, listen } = await pair(w, ['--io', 'keyboard', '--passkey', '007007', '--keypress'],
    ['--io', 'display', '--passkey', '007007', '--keypress']);
  assert.equal(a.method, 'passkey_we_type');
  const keys = listen.events.filter((e) => e.event === 'keypress').map((e) => e.action);
  assert.deepEqual(keys, ['started', ...Array(6).fill('digit'), 'completed']);
});

test('Security Request: the peripheral requests, the central starts the pairing', async (t) => {
  const w = await world(t);
  const { a, central } = await pair(w, ['--wait-security-request'], ['--security-request']);
  assert.equal(a.result, 'paired');
  const names = central.events.map((e) => e.event);
  assert.ok(names.indexOf('security_request') < names.indexOf('features'));
});

test('--no-bond exchanges and stores no keys', async (t) => {
  const w = await world(t);
  const file = join(w.folder, 'bonds.db');
  const { a } = await pair(w, ['--no-bond', '--store', file], []);
  assert.equal(a.bonded, false);
  assert.equal(a.keys.peer.irk, undefined);
  const list = spawnSync(blepair, ['bonds', 'list', '--store', file, '--json'], { encoding: 'utf8' });
  assert.deepEqual(list.stdout.trim().split('\n').map((line) => JSON.parse(line).event), ['result']);
});

for (const [own, kind] of [['static', 'random static'], ['rpa', 'random resolvable'], ['static=C4:11:22:33:44:55', 'random static']])
  test(`--own-address ${own}, at both ends, and found again by the bond`, async (t) => {
    const w = await world(t);
    const mine = ['--store', join(w.folder, 'central.db')];
    const their = ['--store', join(w.folder, 'peripheral.db'), '--own-address', own];
    const listen = w.blepair('listen', '--count', '1', ...their);
    const { own: address } = await listen.until('advertising');
    assert.equal(address.kind, kind);
    const central = w.blepair('--own-address', own, ...mine, address.address);
    assert.equal(await central.exited, 0, JSON.stringify(central.events));
    assert.equal(await listen.exited, 0);
    sameKeys(central.result, listen.result);

    // Another run has another resolvable address; the bond is found by it and by the identity.
    const v = await world(t);
    const back = v.blepair('listen', '--count', '1', ...their);
    await back.until('advertising');
    const identity = central.result.peer.identity.address;
    const again = v.blepair('verify', ...mine, identity);
    assert.equal(await again.exited, 0, JSON.stringify(again.events));
    assert.equal(again.result.result, 'encrypted');
  });

test('a peer that does not advertise is not found', async (t) => {
  const w = await world(t);
  const central = w.blepair('--scan-timeout', '0.3', 'C4:00:00:00:00:01');
  assert.equal(await central.exited, 6);
  assert.equal(central.result.class, 'not_found');
  assert.match(central.result.advice, /advertising/);
});

test('a peer of known address type that does not answer is reported after a few tries', async (t) => {
  const w = await world(t);
  const central = w.blepair('C4:00:00:00:00:01/random');
  assert.equal(await central.exited, 7);
  assert.equal(central.result.reason_code, 0x3e);
});

test('Ctrl-C during a prompt ends both sides properly', async (t) => {
  const w = await world(t);
  const listen = w.blepair('listen', '--io', 'display');
  await listen.until('advertising');
  const central = w.blepair('--io', 'keyboard', listener);
  await central.until('passkey');
  central.child.kill('SIGINT');
  assert.equal(await central.exited, 11);
  assert.equal(central.result.result, 'cancelled');
  const there = await listen.until('result');
  assert.equal(there.class, 'peer_refused');
  assert.equal(there.reason, 'Passkey Entry Failed');
});

test('the end of standard input during a prompt is not an answer', async (t) => {
  const w = await world(t);
  const listen = w.blepair('listen', '--io', 'display');
  await listen.until('advertising');
  const central = w.blepair('--io', 'keyboard', listener);
  await central.until('passkey');
  central.child.stdin.end();
  assert.equal(await central.exited, 11);
});

test('scan lists each advertiser once', async (t) => {
  const w = await world(t);
  const listen = w.blepair('listen', '--name', 'Küche 7');
  await listen.until('advertising');
  const scan = w.blepair('scan', '--duration', '0.3');
  assert.equal(await scan.exited, 0);
  const seen = scan.events.filter((e) => e.event === 'advertisement' && e.peer.address === listener);
  assert.ok(seen.length >= 1 && seen.length <= 2, 'the advertisement, and the name when it is news');
  assert.equal(seen.at(-1).peer.name, 'Küche 7');
  assert.equal(seen[0].connectable, true);
});

test('info describes the controller', async (t) => {
  const w = await world(t);
  const info = w.blepair('info').until('info');
  assert.equal((await info).public_address.address, listener);
  assert.equal((await info).acl_length, 192);
});

test('the capture is private, and btmon and tshark read it without complaint', async (t) => {
  const w = await world(t);
  const file = join(w.folder, 'c.btsnoop');
  const { a } = await pair(w, ['-w', file], []);
  assert.equal(a.result, 'paired');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const btmon = execFileSync('btmon', ['-r', file], { encoding: 'utf8' });
  assert.match(btmon, /SMP: Pairing DHKey Check/);
  // btvirt reports RSSI 127: not available.
  assert.doesNotMatch(btmon.replaceAll('RSSI: invalid (0x7f)', ''), /invalid|malformed|unknown/i);
  if (spawnSync('tshark', ['--version']).error) return t.skip('TSHARK IS NOT INSTALLED: the capture was read by btmon only');
  const fields = execFileSync('tshark', ['-r', file, '-Y', '_ws.malformed || _ws.expert.severity == "Error"'], { encoding: 'utf8' });
  assert.equal(fields, '');
  const smp = execFileSync('tshark', ['-r', file, '-Y', 'btsmp.opcode == 0x0d'], { encoding: 'utf8' });
  assert.equal(smp.trim().split('\n').length, 2, 'both DHKey checks');
});

test('dual-mode controllers at both ends', async (t) => {
  const w = await world(t);
  const dual = ['-c', w.controller.replace('bt-server-le', 'bt-server-bredrle')];
  const { a, b } = await pair(w, dual, dual);
  assert.equal(a.result, 'paired');
  sameKeys(a, b);
});

// Unusual controllers: a proxy changes the events of btvirt.

test('without a public address a static random one is used and reported', async (t) => {
  const w = await world(t);
  const controller = await w.proxy((data) => {
    const at = data.indexOf(Buffer.from([0x0e, 0x0a, 0x01, 0x09, 0x10, 0x00]));
    if (at >= 0) data.fill(0, at + 6, at + 12);
    return data;
  });
  const listen = w.blepair('listen', '--count', '1', '-c', controller);
  const { own } = await listen.until('advertising');
  assert.equal(own.kind, 'random static');
  assert.ok(listen.events.some((e) => e.event === 'note' && /no public address/.test(e.text)));
  const central = w.blepair(own.address);
  assert.equal(await central.exited, 0, JSON.stringify(central.events));
});

test('a controller that never answers is reported with the command', async (t) => {
  const w = await world(t);
  const central = w.blepair('-c', await w.proxy(() => null), listener);
  assert.equal(await central.exited, 3);
  assert.match(central.result.text, /Reset: the controller does not answer within 2 s/);
});

test('a controller that vanishes during pairing', async (t) => {
  const w = await world(t);
  const listen = w.blepair('listen');
  await listen.until('advertising');
  // Pairing Response: the ACL packet with SMP code 2.
  const controller = await w.proxy((data) => (data.includes(Buffer.from([0x07, 0x00, 0x06, 0x00, 0x02])) ? undefined : data));
  const central = w.blepair('-c', controller, listener);
  assert.equal(await central.exited, 13);
  assert.equal(central.result.class, 'controller_failed');
});

test('a controller that does not send H4 is reported with the octet', async (t) => {
  const w = await world(t);
  const central = w.blepair('-c', await w.proxy(() => Buffer.from('HTTP/1.1')), listener);
  assert.equal(await central.exited, 13);
  assert.match(central.result.text, /octet 0x48 at offset 0 is no H4 packet type/);
});

test('Hardware Error ends the run and is reported', async (t) => {
  const w = await world(t);
  const controller = await w.proxy((data) =>
    data.includes(Buffer.from([0x04, 0x3e, 0x13, 0x01])) ? Buffer.concat([data, Buffer.from([0x04, 0x10, 0x01, 0x2a])]) : data);
  const listen = w.blepair('listen');
  await listen.until('advertising');
  const central = w.blepair('-c', controller, listener);
  assert.equal(await central.exited, 13);
  assert.match(central.result.text, /Hardware Error 0x2a/);
});

// A foreign peripheral that sends other requests during the pairing.
for (const extra of ['--att', '--update', '--security-request'])
  test(`ble-host that starts with ${extra}`, async (t) => {
    const w = await world(t);
    const peer = w.peer('peripheral', extra);
    await peer.until('advertising');
    const capture = join(w.folder, 'c.btsnoop');
    const central = w.blepair(listener, '-w', capture, ...(extra === '--security-request' ? ['--wait-security-request'] : []));
    assert.equal(await central.exited, 0, JSON.stringify(central.events));
    assert.equal(central.result.result, 'paired');
    if (extra === '--update') {
      // Accepted with the same identifier (a bug of 2019 sent 0), and carried out.
      const octets = readFileSync(capture);
      const request = octets.indexOf(Buffer.from([0x0c, 0x00, 0x05, 0x00, 0x12]));
      assert.ok(request > 0, 'the peer asked');
      const identifier = octets[request + 5];
      assert.notEqual(identifier, 0);
      assert.ok(octets.includes(Buffer.from([0x06, 0x00, 0x05, 0x00, 0x13, identifier, 0x02, 0x00, 0x00, 0x00])), 'accepted');
      assert.ok(octets.includes(Buffer.from([0x01, 0x13, 0x20, 0x0e])), 'LE Connection Update');
    }
    if (extra === '--att') await peer.until('mtu');
  });

test('a peer that advertises directed to us is found and connected', async (t) => {
  const w = await world(t);
  // Raw HCI commands to a controller: Reset, LE event mask, ADV_DIRECT_IND to the address of blepair's controller.
  const raw = net.connect(w.socket);
  t.after(() => raw.destroy());
  const commands = ['01030c00', '01012008' + 'ff'.repeat(8), '0106200f' + '2000300001000042000101aa000700', '010a200101'];
  for (const command of commands) {
    raw.write(Buffer.from(command, 'hex'));
    await once(raw, 'data');
  }
  const central = w.blepair(listener);
  const found = await central.until('found');
  assert.equal(found.directed, true);
  await central.until('connected');
});

// Common mistakes: one line, the right exit code, nothing else.
for (const [args, code, words] of [
  [['--quiet'], 2, /the peer is missing/],
  [['scann'], 2, /unknown command "scann": did you mean scan/],
  [['AA:BB'], 2, /"AA:BB" is not an address; expected AA:BB:CC:DD:EE:FF/],
  [['--mtim', listener], 2, /unknown option "--mtim": did you mean --mitm/],
  [['--io', 'screen', listener], 2, /--io: "screen" is not valid; expected display,/],
  [['--passkey', '1234567', listener], 2, /six digits/],
  [['-c', 'hci65534', listener], 3, /controller hci65534: (this kernel has no Bluetooth|there is no such controller)/],
  [['-c', 'hcione', listener], 2, /controller hcione: expected hciN, like hci0/],
  [['-c', 'usb:ffff:fffe', listener], 3, /controller usb:ffff:fffe: (no such Bluetooth controller is plugged in|libusb does not start)/],
  [['-c', 'bluetooth', listener], 2, /expected one of hciN, usb:VID:PID, .*, unix:PATH, tcp:HOST:PORT, serial:/],
  [['--json', 'info', '-c', 'unix:/nonexistent'], 3, /^$/], // a command may follow options
  [['-c', 'unix:/nonexistent', listener], 3, /cannot open it: No such file/],
  [['-c', 'tcp:localhost:1', listener], 3, /Connection refused/],
  [['-c', 'serial:/dev/null', listener], 3, /serial device/],
  [['verify', '-c', 'unix:x', '--no-store', listener], 2, /verify reads the bond from the store, which --no-store excludes/],
  [['verify', '-c', 'unix:x'], 2, /verify needs a peer .its address, a label, or KEY=VALUE., or --all/],
  [['verify', '--all', '-c', 'unix:x', listener], 2, /verify takes an address or --all, not both/],
  [['-c', 'unix:x', '--no-store', '--store', 'x', listener], 2, /--store and --no-store exclude each other/],
  [['-c', 'unix:x', '--oob', 'tk=12', listener], 2, /32 hexadecimal digits/],
  [['scan', '-c', 'unix:x', '--mitm'], 2, /--mitm is not an option of scan/],
])
  test(`a clear line: blepair ${args.join(' ')}`, () => {
    const run = spawnSync(blepair, args, { encoding: 'utf8', input: '', env: { ...process.env, BLEPAIR_CONTROLLER: '' } });
    assert.equal(run.status, code, run.stderr);
    assert.match(run.stderr, words);
  });

test('an old capture stays until the controller is open, and is refused when others can read it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'blepair-test.'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'old.btsnoop');
  writeFileSync(file, 'an old capture', { mode: 0o600 });
  const run = () => spawnSync(blepair, ['-c', 'unix:/nonexistent', '--no-store', '-w', file, listener], { encoding: 'utf8', input: '' });
  assert.equal(run().status, 3);
  assert.equal(readFileSync(file, 'utf8'), 'an old capture');
  chmodSync(file, 0o644);
  const refused = run();
  assert.equal(refused.status, 5, refused.stderr);
  assert.match(refused.stderr, /old\.btsnoop is open to others, .*: chmod 600 /);
  assert.equal(readFileSync(file, 'utf8'), 'an old capture');
});

test('a store that cannot be trusted is not changed', async (t) => {
  const w = await world(t);
  const file = join(w.folder, 'bonds.db');
  for (const [text, mode, code, words] of [
    ['{"version": 1}', 0o600, 2, /it is not a store of blepair; it was left as it is/],
    ['', 0o644, 5, /others may read it; it holds keys: chmod 600 it/],
  ]) {
    writeFileSync(file, text);
    execFileSync('chmod', [mode.toString(8), file]);
    const central = w.blepair('--store', file, listener);
    assert.equal(await central.exited, code);
    assert.match(central.result.text, words);
    assert.equal(readFileSync(file, 'utf8'), text);
  }
});

test('--version names the program, and the libraries that it was built with', () => {
  const [program, libraries] = spawnSync(blepair, ['--version'], { encoding: 'utf8' }).stdout.split('\n');
  assert.match(program, /^blepair \d+\.\d+\.\d+$/);
  assert.match(libraries, /^built with mbedTLS [\d.]+,( Nettle [\d.]+,)? SQLite [\d.]+, libusb [\d.]+, jansson [\d.]+$/);
});

test('without a home the store must be named', () => {
  const run = spawnSync(blepair, ['-c', 'unix:x', '--json', listener], { encoding: 'utf8', input: '', env: { ...process.env, XDG_STATE_HOME: '', HOME: 'nowhere' } });
  assert.equal(run.status, 2);
  assert.match(run.stderr, /there is no home directory for it; name a file by --store, or keep nothing with --no-store/);
});

test('a full disk is an error of every command that prints', async (t) => {
  const w = await world(t);
  for (const args of [['--version'], ['--help'], ['info'], ['info', '--json'], ['scan', '--duration', '0.1', '--json'], 
    ['bonds', 'list', '--json', '--store', join(w.folder, 'bonds.db')], ['listen', '--json', '--no-store'],
    ['batch', '--match', 'rssi=-127', '--json', '--store', join(w.folder, 'batch.db')], [listener, '--json', '--no-store']]) {
    const run = spawnSync('sh', ['-c', '"$@" >/dev/full', 'sh', blepair, ...args],
      { encoding: 'utf8', input: '', env: { ...process.env, BLEPAIR_CONTROLLER: w.controller } });
    assert.equal(run.status, 1, args.join(' '));
    assert.match(run.stderr, /blepair: cannot write standard output: No space left on device\n$/);
  }
});

// The next file that is opened would get the number of the closed descriptor, and what is printed.
test('closed standard descriptors are not taken for the controller or a capture', async (t) => {
  const w = await world(t);
  const run = (redirections, ...args) =>
    spawnSync('sh', ['-c', `exec "$@" ${redirections}`, 'sh', blepair, '-c', w.controller, ...args],
      { encoding: 'utf8', input: '', timeout: 20000, cwd: w.folder });
  const closed = run('>&-', 'info');
  assert.equal(closed.status, 1, closed.stderr);
  assert.match(closed.stderr, /blepair: cannot write standard output: Bad file descriptor\n$/);
  const silent = run('2>&-', 'info', '-v', '-w', 'capture');
  assert.equal(silent.status, 0);
  assert.match(silent.stdout, /^Pairing\n  ready           yes\n/);
  assert.equal(readFileSync(join(w.folder, 'capture')).toString('latin1', 0, 7), 'btsnoop');
  assert.equal(run('<&- 2>&-', 'info', '--json').status, 0);
  assert.equal(run('<&- >&- 2>&-', 'info').status, 1);
  assert.equal(run('<&- >&- 2>&-', 'scan', '--duration', '0.1', '--json').status, 1);
});

test('a run ends when the reader of its output has gone', async (t) => {
  const w = await world(t);
  const peripheral = w.blepair('listen');
  await peripheral.until('advertising');
  for (const command of ['scan --duration 0', 'scan --duration 0 --json', 'listen --timeout 0 --no-store --json', 'listen --timeout 0 --no-store 2>&1',
    'batch --match rssi=-127 --store batch.db --json']) {
    const run = spawnSync('bash', ['-c', `"$0" -c "$1" ${command} | head -n 1; echo "status \${PIPESTATUS[0]}"`, blepair, w.controller],
      { encoding: 'utf8', input: '', cwd: w.folder });
    assert.match(run.stdout, /^.+\nstatus 1\n$/, `${command}: ${run.stdout}${run.stderr}`);
    assert.doesNotMatch(run.stderr, /cannot write|Broken pipe/);
  }
});

// One rule for every command: what is typed or read is wrong (2), access is not permitted (5).
test('a file has the same exit code with every option', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'blepair-test.'));
  t.after(() => rmSync(folder, { recursive: true }));
  chmodSync(folder, 0o755);
  const file = (name, mode) => (writeFileSync(join(folder, name), '{}', { mode }), chmodSync(join(folder, name), mode), join(folder, name));
  writeFileSync(join(folder, 'list'), `address\n${listener}\n`);
  const names = {
    missing: [join(folder, 'missing'), 2],
    folder: [folder, 2],
    'below a file': [join(file('plain', 0o644), 'x'), 2],
    'of another user': [file('secret', 0o600), 5],
  };
  const reading = [['explain'], ['bonds', 'import'], ['batch'], [listener, '--oob-file'], [listener, '--oob-own'], ['bonds', 'list', '--store']];
  const writing = [[listener, '-w'], ['bonds', 'export', '--output'], ['batch', join(folder, 'list'), '--report']];
  const state = mkdtempSync(join(tmpdir(), 'blepair-test.'));
  t.after(() => rmSync(state, { recursive: true }));
  chmodSync(state, 0o777);
  const other = process.getuid() === 0 ? { uid: 65534, gid: 65534 } : {};
  for (const [what, [name, code]] of Object.entries(names))
    for (const args of [...reading, ...writing]) {
      if (what === 'missing' && ['--store', '--oob-own', '-w', '--output', '--report'].includes(args.at(-1))) continue; // it is created
      if (what === 'folder' && args[1] === 'import') continue; // of BlueZ
      if (what === 'of another user' && !('uid' in other)) continue;
      const run = spawnSync(blepair, [...args, name], { ...other, encoding: 'utf8', input: '', cwd: state,
        env: { ...process.env, XDG_STATE_HOME: state, BLEPAIR_CONTROLLER: 'unix:/nonexistent' } });
      assert.equal(run.status, code, `${what}: ${args.join(' ')}: ${run.stderr}`);
      assert.match(run.stderr, new RegExp(name), args.join(' '));
    }
});

test('batch uses the whole name of a controller', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'blepair-test.'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'list'), `address\n${listener}\n`);
  const path = `/nonexistent/${'long/'.repeat(18)}`;
  const batch = (spec) => spawnSync(blepair, ['batch', join(folder, 'list'), '--no-store', '-c', spec], { encoding: 'utf8', input: '' });
  assert.match(batch(`unix:${path}`).stderr, new RegExp(`unix:${path}: `));
  assert.match(batch(`tcp:${'x'.repeat(400)}:1`).stderr, /expected at most 319 octets/);
});
