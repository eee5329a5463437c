// SPDX-License-Identifier: MIT
// blepair against another implementation of SMP (npm ble-host), in both roles: every pair of IO
// capabilities, legacy and Secure Connections; the keys of both ends are compared, and the bond is used.
import test from 'node:test';
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blepair, ios, world } from './lib.mjs';

// Table 2.8: j Just Works, i the initiator shows, r the responder shows, b both type, c comparison.
// Rows: responder; columns: initiator; both in the order of ios.
const table = {
  off: ['jjrjr', 'jjrjr', 'iibji', 'jjjjj', 'iirji'],
  prefer: ['jjrjr', 'jcrjc', 'iibji', 'jjjjj', 'icrjc'],
};
const methods = {
  central: { j: 'just_works', i: 'passkey_we_show', r: 'passkey_we_type', b: 'passkey_both_type', c: 'numeric_comparison' },
  peripheral: { j: 'just_works', i: 'passkey_we_type', r: 'passkey_we_show', b: 'passkey_both_type', c: 'numeric_comparison' },
};

// Carries passkeys from the end that shows to the end that types, and compares numbers.
function users(ours, peer) {
  const shown = {};
  ours.until('passkey').then(async (event) => {
    if (event.action === 'show') {
      const other = await peer.until('passkey');
      if (other.types) peer.answer(event.passkey);
    } else {
      const other = await peer.until('passkey');
      if (other.types) peer.answer('271828');
      ours.answer(other.types ? '271828' : other.passkey);
    }
  }).catch(() => {});
  ours.until('confirm').then(async (event) => {
    const other = await peer.until('passkey');
    shown.ours = event.number;
    shown.peer = other.passkey;
    ours.answer(event.number === other.passkey ? 'yes' : 'no');
  }).catch(() => {});
  return shown;
}

function compare(result, paired, central, sc) {
  const [own, other] = central ? [paired.initiator, paired.responder] : [paired.responder, paired.initiator];
  assert.equal(result.keys.local.ltk, own.ltk, 'the LTK that we distributed');
  assert.equal(result.keys.peer.ltk, other.ltk, 'the LTK that the peer distributed');
  if (!sc) {
    assert.equal(parseInt(result.keys.local.ediv, 16), own.ediv);
    assert.equal(parseInt(result.keys.peer.ediv, 16), other.ediv);
    assert.notEqual(result.keys.local.ltk, result.keys.peer.ltk);
  } else {
    assert.equal(result.keys.local.ltk, result.keys.peer.ltk);
  }
  assert.equal(result.keys.local.irk, own.irk, 'our IRK');
}

async function asCentral(w, options, peerIo) {
  const peer = w.peer('peripheral', '--io', String(peerIo), '--mitm');
  await peer.until('advertising');
  const ours = w.blepair(...options, '00:AA:01:00:00:42');
  const shown = users(ours, peer);
  const paired = await peer.until('paired');
  assert.equal(await ours.exited, 0, ours.errors);
  // The bond works: the same peer, a new link.
  await peer.until('advertising', peer.events.findIndex((event) => event.event === 'disconnected'));
  const again = w.blepair('verify', ...options.slice(-2), '00:AA:01:00:00:42');
  assert.equal(await again.exited, 0, JSON.stringify(again.events));
  return { shown, paired, result: ours.result, again: again.result };
}

async function asPeripheral(w, options, peerIo) {
  const ours = w.blepair('listen', '--count', '2', ...options);
  await ours.until('advertising');
  const peer = w.peer('central', '00:AA:01:00:00:42', '--io', String(peerIo), '--mitm');
  const shown = users(ours, peer);
  const paired = await peer.until('paired');
  peer.answer('bye');
  await peer.exited;
  const result = await ours.until('result');
  await ours.until('advertising', ours.events.indexOf(result));
  const back = w.peer('central', '00:AA:01:00:00:42', '--reconnect');
  await back.until((event) => event.event === 'encrypted' && event.status === 0);
  back.answer('bye');
  assert.equal(await ours.exited, 0, ours.errors);
  return { shown, paired, result, again: ours.result };
}

for (const role of ['central', 'peripheral'])
  for (const sc of ['prefer', 'off'])
    for (const [i, io] of ios.entries())
      for (const peerIo of ios.keys())
        test(`ble-host: we are ${role}, sc ${sc}, ${io} with ${ios[peerIo]}`, async (t) => {
          const w = await world(t);
          const central = role === 'central';
          const code = table[sc][central ? peerIo : i][central ? i : peerIo];
          const options = ['--io', io, '--sc', sc, '--store', join(w.folder, 'bonds.db')];
          const run = central ? asCentral : asPeripheral;
          const { shown, paired, result, again } = await run(w, options, peerIo);
          assert.equal(result.result, 'paired');
          assert.equal(result.method, methods[role][code]);
          assert.equal(result.secure_connections, sc !== 'off');
          assert.equal(result.authenticated, code !== 'j' && sc !== 'off'); // Core 6.2
          assert.equal(result.key_size, 16);
          assert.equal(result.bonded, true);
          compare(result, paired, central, sc !== 'off');
          if (code === 'c') assert.equal(shown.ours, shown.peer, 'both show the same number');
          assert.equal(again.result, 'encrypted', 'the bond works');
        });

// Its attributes, as a factory checks them. ble-host demands a level of each access by itself.
const gatt = [
  { uuid: 0x180a, characteristics: [
    { uuid: 0x2a25, properties: ['read'], value: 'SN-0001' },
    { uuid: 0x2a26, properties: ['read'], value: '1.2.3', readPerm: 'encrypted' },
    { uuid: 0x2a28, properties: ['read'], value: 'x'.repeat(300), readPerm: 'encrypted' },
    { uuid: 0x2a29, properties: ['read'], value: 'Maker', readPerm: 'encrypted-mitm-sc' }] },
  { uuid: 'B1E9A102-6C4E-4F0E-9B0A-7D3F5C21E8A4', characteristics: [
    { uuid: 'B1E9A103-6C4E-4F0E-9B0A-7D3F5C21E8A4', properties: ['read', 'write'], value: 'old', writePerm: 'encrypted' }] }];
const written = 'B1E9A103-6C4E-4F0E-9B0A-7D3F5C21E8A4';

for (const [name, options, code, results] of [
  ['are read, written and as expected',
    ['--expect', 'serial-number=re:SN-[0-9]{4}', '--read', '2a26', '--read', '2a28', '--write-value', `${written}=text:${'y'.repeat(100)}`,
      '--expect', `${written}=text:${'y'.repeat(100)}`], 0, ['read', 'read', 'read', 'written', 'read']],
  ['are not as expected', ['--expect', '2a25=text:SN-0002', '--read', '2a27'], 24, ['mismatch', 'failed']],
  ['demand more than Just Works', ['--read', '2a29'], 24, ['failed']],
  ['refuse an access, and that begins the pairing', ['--trigger', 'read=2a26'], 0, ['refused', 'read']],
  ['trigger nothing', ['--trigger', 'read=2a25'], 25, ['given_away']],
])
  test(`ble-host: its attributes ${name}`, async (t) => {
    const w = await world(t);
    const peer = w.peer('peripheral', '--gatt', JSON.stringify(gatt));
    await peer.until('advertising');
    const store = join(w.folder, 'bonds.db');
    const ours = w.blepair('--io', 'none', '--store', store, ...options, '00:AA:01:00:00:42');
    assert.equal(await ours.exited, code, ours.errors + JSON.stringify(ours.result));
    assert.deepEqual(ours.result.attributes.map((a) => a.result), results);
    for (const a of ours.result.attributes) if (a.uuid === '2A28') assert.equal(a.text, 'x'.repeat(300));
    const list = w.start(blepair, ['bonds', 'list', '--store', store, '--json']);
    await list.exited;
    assert.equal(list.events.filter((e) => e.event === 'bond').length, code ? 0 : 1, 'a failure keeps no bond');
    if (code) return;
    // The bond reads them again.
    await peer.until('advertising', peer.events.findIndex((event) => event.event === 'disconnected'));
    const again = w.blepair('verify', '--store', store, '--expect', '2a26=text:1.2.3', '00:AA:01:00:00:42');
    assert.equal(await again.exited, 0, JSON.stringify(again.events));
    assert.equal(again.result.attributes[0].text, '1.2.3');
  });

// A profile, on a peer that protects its attributes, and on one that does not.
const profile = {
  attributes: [
    { characteristic: 'serial-number', service: '180A', expect: 're:SN-[0-9]{4}' },
    { characteristic: '2A26', expect: 'text:1.2.3', refused: 'open', allowed: 'encrypted' },
    { characteristic: '2A29', refused: 'encrypted', allowed: 'secure', secret: true },
    { characteristic: written, write: 'text:new', refused: 'open', allowed: 'encrypted' }] };

for (const [name, change, options, io, code, results] of [
  ['after Just Works', {}, ['--io', 'none'], 3, 0,
    ['refused', 'refused', 'refused', 'read', 'read', 'refused', 'written']],
  ['after a passkey', {}, ['--io', 'display', '--passkey', '123456', '--sc', 'only'], 2, 0,
    ['refused', 'refused', 'refused', 'read', 'read', 'read', 'written']],
  ['of a peer that gives a value away in clear', { 1: 'open' }, ['--io', 'none'], 3, 25, ['given_away']],
  ['of a peer that gives a value away after Just Works', { 3: 'encrypted' }, ['--io', 'none'], 3, 25,
    ['refused', 'refused', 'refused', 'read', 'read', 'given_away', 'written']],
])
  test(`ble-host: the profile ${name}`, async (t) => {
    const w = await world(t);
    const services = structuredClone(gatt);
    for (const [i, readPerm] of Object.entries(change)) services[0].characteristics[i].readPerm = readPerm;
    const file = join(w.folder, 'profile.json');
    writeFileSync(file, JSON.stringify(profile));
    // With --mitm, ble-host takes Just Works for authenticated.
    const peer = w.peer('peripheral', '--gatt', JSON.stringify(services), '--io', String(io), ...(io === 2 ? ['--mitm'] : []));
    if (io === 2) peer.until('passkey').then(() => peer.answer('123456'), () => {});
    await peer.until('advertising');
    const ours = w.blepair(...options, '--profile', file, '00:AA:01:00:00:42');
    assert.equal(await ours.exited, code, ours.errors + JSON.stringify(ours.result));
    assert.deepEqual(ours.result.attributes.map((a) => a.result), results);
    assert.doesNotMatch(JSON.stringify(ours.events) + ours.errors, /Maker/, 'a secret');
    if (code === 25) assert.equal(ours.result.class, 'unprotected');
    if (change[1]) assert.ok(!peer.events.some((e) => e.event === 'paired'), 'a unit that gives a value away is not paired');
  });
