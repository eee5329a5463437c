// SPDX-License-Identifier: MIT
// No secret stays in the memory of blepair. All its writable memory at exit is searched for every key of the
// pairing, in both byte orders and as text. The keys are known from the other end (--show-keys, a capture, our
// out-of-band data) or computed here.
import test from 'node:test';
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blepair, root, world } from './lib.mjs';

// Frames of the false stack, which AddressSanitizer of gcc 13 and later has by default, are kept after their functions.
const ASAN_OPTIONS = 'detect_leaks=0:detect_stack_use_after_return=0';
const build = process.env.BLEPAIR_BUILD ?? join(root, 'build');
const tool = join(build, 'test', 'memory_at_exit');
if (!existsSync(tool)) throw new Error(`${tool} is not built: run scripts/setup test`);
// blepair hides its memory from other processes of the user, but not from root; a build with sanitizers does not.
const sanitized = /BLEPAIR_SANITIZE:BOOL=ON/.test(readFileSync(join(build, 'CMakeCache.txt'), 'utf8'));
const search = (name, run) => test(name, { skip: process.getuid() === 0 || sanitized ? false : 'needs root' }, run);
const listener = '00:AA:01:00:00:42';

// ---- Functions of the specification, most significant octet first -----------------------------------

const hex = (text) => Buffer.from(text, 'hex');
const reversed = (octets) => Buffer.from(octets).reverse();

function e(key, block) {
  const cipher = crypto.createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]);
}

const xor = (a, b) => Buffer.from(a.map((octet, i) => octet ^ b[i]));

function twice(block) {
  const n = BigInt(`0x${block.toString('hex')}`) << 1n;
  const out = hex((n & ((1n << 128n) - 1n)).toString(16).padStart(32, '0'));
  if (n >> 128n) out[15] ^= 0x87;
  return out;
}

function cmac(key, message) {
  const k1 = twice(e(key, Buffer.alloc(16)));
  const whole = message.length > 0 && message.length % 16 === 0;
  const padded = whole ? message : Buffer.concat([message, hex('80'), Buffer.alloc(15 - (message.length % 16))]);
  let x = Buffer.alloc(16);
  for (let at = 0; at < padded.length; at += 16) {
    let block = padded.subarray(at, at + 16);
    if (at + 16 === padded.length) block = xor(block, whole ? k1 : twice(k1));
    x = e(key, xor(x, block));
  }
  return x;
}

const s1 = (tk, srand, mrand) => e(tk, Buffer.concat([srand.subarray(8), mrand.subarray(8)]));

function f5(dhkey, n1, n2, a1, a2) {
  const t = cmac(hex('6c888391aaf5a53860370bdb5a6083be'), dhkey);
  const key = (counter) => cmac(t, Buffer.concat([Buffer.of(counter), Buffer.from('btle'), n1, n2, a1, a2, hex('0100')]));
  return { t, mackey: key(0), ltk: key(1) };
}

function ecdh(privateKey, publicKey) {
  const own = crypto.createECDH('prime256v1');
  own.setPrivateKey(privateKey);
  return own.computeSecret(Buffer.concat([hex('04'), publicKey]));
}

// ---- PDUs of a capture -----------------------------------------------------------------------------

// SMP PDUs of a capture: { received, code, parameters }, parameters most significant octet first.
function pdus(path) {
  const file = readFileSync(path);
  const found = [];
  for (let at = 16; at + 24 <= file.length; ) {
    const length = file.readUInt32BE(at + 4);
    const packet = file.subarray(at + 24, at + 24 + length);
    if (packet[0] === 2 && packet.readUInt16LE(7) === 6)
      found.push({ received: (file.readUInt32BE(at + 8) & 1) === 1, code: packet[9], octets: packet.subarray(10) });
    at += 24 + length;
  }
  return found;
}

const value = (list, code, received) => {
  const pdu = list.findLast((p) => p.code === code && p.received === received);
  return pdu && reversed(pdu.octets);
};
// X, then Y; both are reversed on the air.
const publicKey = (list, received) => {
  const pdu = list.findLast((p) => p.code === 0x0c && p.received === received);
  return pdu && Buffer.concat([reversed(pdu.octets.subarray(0, 32)), reversed(pdu.octets.subarray(32))]);
};
const address = (a) => Buffer.concat([Buffer.of(a.address_type === 'random' ? 1 : 0), hex(a.address.replaceAll(':', ''))]);

// ---- Runs --------------------------------------------------------------------------------------------

// Runs both ends of one pairing; the inspected one has no --show-keys.
async function run(t, { central, own, their, passkey, before }) {
  const w = await world(t);
  const dump = join(w.folder, 'memory'), capture = join(w.folder, 'air');
  await before?.(w);
  const traced = (...args) =>
    w.start(tool, [dump, blepair, '-c', w.controller, ...args, '--json', ...(args.includes('--store') ? [] : ['--no-store'])], {
      cwd: w.folder, env: { ...process.env, ASAN_OPTIONS },
    });
  const other = (...args) => w.blepair(...args, '-w', capture);
  const listen = ['listen', '--count', '1', '--timeout', '60'];
  const peripheral = central ? other(...listen, ...their) : traced(...listen, ...own);
  await peripheral.until('advertising');
  const peer = central ? listener : (await peripheral.until('advertising')).own.address;
  const initiator = central ? traced(...own, peer) : other(...their, peer);
  const [us, they] = central ? [initiator, peripheral] : [peripheral, initiator];
  if (passkey) us.answer(passkey((await they.until('passkey')).passkey));
  await initiator.exited;
  await peripheral.exited;
  return { w, us, they, dump, capture, air: pdus(capture), central };
}

// Every key of this pairing, by name.
function secrets({ they, air, capture, central, us }, { tk, ours, theirs } = {}) {
  const all = { tk };
  const keys = they.result.keys ?? {};
  for (const [side, set] of Object.entries({ their: keys.local ?? {}, our: keys.peer ?? {} }))
    for (const name of ['ltk', 'irk', 'csrk']) if (set[name]) all[`${side} ${name}`] = hex(set[name]);
  if (keys.link_key) all['link key'] = hex(keys.link_key);
  const nonces = [value(air, 4, central), value(air, 4, !central)]; // the initiator's, the responder's
  if (tk && !publicKey(air, true)) {
    all.stk = s1(tk, nonces[1], nonces[0]);
    assert.ok(readFileSync(capture).includes(reversed(all.stk)), 'the other end encrypts with it');
  }
  if (ours) {
    all['private key'] = ours.privateKey;
    all['out-of-band random'] = ours.random;
  }
  if (theirs) {
    all.dhkey = ecdh(theirs.privateKey, publicKey(air, true));
    const own = [us, they].map((p) => address(p.events.find((event) => event.event === 'controller').own));
    const [a1, a2] = central ? own : own.reverse();
    const { t, mackey, ltk } = f5(all.dhkey, nonces[0], nonces[1], a1, a2);
    assert.equal(ltk.toString('hex'), keys.local.ltk, 'what is computed here is what there was');
    Object.assign(all, { 'T of f5': t, mackey, 'new ltk': ltk });
  }
  return Object.fromEntries(Object.entries(all).filter(([, secret]) => secret));
}

// The places of a secret in the dump, as text for a message.
function places(dump, name, secret) {
  const memory = readFileSync(dump);
  const regions = readFileSync(`${dump}.maps`, 'utf8').trim().split('\n').map((line) => line.split(' '));
  const found = [];
  const looks = { 'as printed': secret, 'as on air': reversed(secret), 'as text': Buffer.from(secret.toString('hex')) };
  for (const [how, pattern] of Object.entries(looks))
    for (let at = memory.indexOf(pattern); at >= 0; at = memory.indexOf(pattern, at + 1)) {
      let begin = 0;
      const region = regions.find(([length]) => (begin += Number(length)) > at);
      const offset = BigInt(at - (begin - Number(region[0])));
      found.push(`${name} ${how} at ${(BigInt(`0x${region[1]}`) + offset).toString(16)} ${region.slice(2).join(' ')}`);
    }
  return found;
}

function assertGone(r, all, least) {
  assert.ok(Object.keys(all).length >= least, `only ${Object.keys(all)} are known`);
  assert.ok(readFileSync(r.dump).length > 100000);
  assert.deepEqual(Object.entries(all).flatMap(([name, secret]) => places(r.dump, name, secret)), []);
}

const passkeyTk = (digits) => hex(Number(digits).toString(16).padStart(32, '0'));
const ownData = (path) => {
  const data = JSON.parse(readFileSync(path));
  return { privateKey: hex(data.private_key), random: hex(data.own_random) };
};

// Creates out-of-band data for the peer in NAME.json; returns the secret part.
async function makeOob(w, name) {
  const p = w.start(blepair, ['-c', w.controller, 'listen', '--oob-own', name, '--no-store', '--json'], { cwd: w.folder });
  const { confirm, random } = await p.until('oob');
  await p.stop();
  writeFileSync(join(w.folder, `${name}.json`), JSON.stringify({ confirm, random }));
  return ownData(join(w.folder, name));
}

search('the search finds a secret in memory', async (t) => {
  const w = await world(t);
  const dump = join(w.folder, 'memory');
  const p = w.start(tool, [dump, blepair, '-c', w.controller, 'listen', '--oob-own', 'own', '--no-store', '--json'], { cwd: w.folder });
  await p.until('advertising');
  const { privateKey } = ownData(join(w.folder, 'own'));
  const [pid] = readFileSync(`/proc/${p.child.pid}/task/${p.child.pid}/children`, 'utf8').split(' ');
  process.kill(Number(pid), 'SIGABRT'); // it has no time to wipe
  assert.equal(await p.exited, 128 + 6);
  assert.ok(places(dump, 'private key', privateKey).length > 0);
});

// The list of a batch: passkeys, out-of-band data and the digits of rows that were not reached.
for (const [who, environment, ...more] of [['as it is started', {}], ['through sudo', { SUDO_UID: '65534', SUDO_GID: '65534' }],
  ['in one process', {}, '--keep-root']])
  for (const format of ['csv', 'jsonl'])
    search(`batch, ${who}: passkeys and out-of-band data of a list in ${format}`, async (t) => {
      const w = await world(t);
      const dump = join(w.folder, 'memory'), capture = join(w.folder, 'air');
      const [passkey, other] = [String(crypto.randomInt(100000, 1000000)), String(crypto.randomInt(100000, 1000000))];
      const tk = crypto.randomBytes(16);
      const keys = ['--init-keys', 'enc,id,sign', '--resp-keys', 'enc,id,sign'];
      const peripheral = w.blepair('listen', '--count', '1', '--timeout', '60', '--sc', 'off', '--io', 'display', '--passkey', passkey, ...keys, '-w', capture);
      await peripheral.until('advertising');
      const rows = [
        { address: listener, label: 'first', passkey },
        { address: '00:AA:01:00:00:98', passkey: other },
        { address: '00:AA:01:00:00:99', oob: `tk=${tk.toString('hex')}` },
      ];
      const columns = ['address', 'label', 'passkey', 'oob'];
      const list = format === 'csv'
        ? [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))].map((cells) => cells.join(',')).join('\n')
        : rows.map((row) => JSON.stringify(row)).join('\n');
      const p = w.start(tool, [dump, blepair, 'batch', '-', '-c', w.controller, '--links', '1', '--io', 'keyboard', '--sc', 'off', ...keys,
        '--scan-timeout', '2', '--no-store', '--json', ...more], { cwd: w.folder, env: { ...process.env, ...environment, ASAN_OPTIONS } });
      p.child.stdin.end(`${list}\n`);
      await p.exited;
      await peripheral.exited;
      assert.equal(p.events.find((event) => event.event === 'unit' && event.label === 'first')?.result, 'paired', p.errors + JSON.stringify(p.events));
      const r = { dump, us: p, they: peripheral, capture, air: pdus(capture), central: true };
      assertGone(r, { ...secrets(r, { tk: passkeyTk(passkey) }), 'other TK': passkeyTk(other), 'out-of-band TK': tk }, 9);
      const memory = readFileSync(dump);
      for (const digits of [passkey, other]) assert.equal(memory.indexOf(Buffer.from(digits)), -1, `the digits ${digits}`);
    });

for (const central of [true, false]) {
  const role = central ? 'central' : 'peripheral';
  const keys = ['--init-keys', 'enc,id,sign', '--resp-keys', 'enc,id,sign'];
  const link = ['--init-keys', 'enc,id,sign,link', '--resp-keys', 'enc,id,sign,link'];

  search(`${role}: legacy pairing, a passkey that was typed`, async (t) => {
    let typed;
    const r = await run(t, {
      central, passkey: (n) => (typed = n),
      own: ['--sc', 'off', '--io', 'keyboard', ...keys], their: ['--io', 'display', ...keys],
    });
    assert.equal(r.us.result.result, 'paired', JSON.stringify(r.us.result));
    assertGone(r, secrets(r, { tk: passkeyTk(typed) }), 8);
    const text = readFileSync(r.dump).indexOf(Buffer.from(typed));
    assert.equal(text, -1, 'the digits themselves');
  });

  search(`${role}: Secure Connections, a passkey that was typed, and a key for the other transport`, async (t) => {
    let typed;
    const r = await run(t, {
      central, passkey: (n) => (typed = n),
      own: ['--io', 'keyboard', ...link], their: ['--io', 'display', ...link],
    });
    assert.equal(r.us.result.result, 'paired', JSON.stringify(r.us.result));
    assertGone(r, secrets(r, { tk: passkeyTk(typed) }), 7);
  });

  search(`${role}: Secure Connections out of band: private key, DHKey, MacKey`, async (t) => {
    let ours, theirs;
    const r = await run(t, {
      central,
      before: async (w) => ([ours, theirs] = [await makeOob(w, 'own'), await makeOob(w, 'their')]),
      own: ['--oob-own', 'own', '--oob-file', 'their.json', ...keys],
      their: ['--oob-own', 'their', '--oob-file', 'own.json', ...keys],
    });
    assert.equal(r.us.result.method, 'oob', JSON.stringify(r.us.result));
    assertGone(r, secrets(r, { ours, theirs }), 12);
    assertGone(r, { 'fresh private key': ownData(join(r.w.folder, 'own')).privateKey }, 1);
  });

  search(`${role}: legacy pairing out of band, and the bond kept`, async (t) => {
    const tk = crypto.randomBytes(16);
    const r = await run(t, {
      central,
      before: (w) => writeFileSync(join(w.folder, 'tk.json'), JSON.stringify({ tk: tk.toString('hex') })),
      own: ['--sc', 'off', '--oob-file', 'tk.json', '--store', 'bonds', ...keys],
      their: ['--sc', 'off', '--oob-file', 'tk.json', ...keys],
    });
    assert.equal(r.us.result.method, 'oob', JSON.stringify(r.us.result));
    assertGone(r, secrets(r, { tk }), 8);
  });

  search(`${role}: a pairing that fails`, async (t) => {
    let typed;
    const r = await run(t, {
      central, passkey: (n) => (typed = String((Number(n) + 1) % 1000000).padStart(6, '0')),
      own: ['--io', 'keyboard', '--timeout', '3', ...keys], their: ['--io', 'display', '--timeout', '3', ...keys],
    });
    assert.notEqual(r.us.result.result, 'paired');
    assertGone(r, { tk: passkeyTk(typed) }, 1);
  });
}
