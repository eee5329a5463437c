// SPDX-License-Identifier: MIT
// Pairings with fixed values, for the captures of this folder. A medium has smp('central' or 'peripheral', PDU).
import { createCipheriv, createECDH } from 'node:crypto';
import { cat, hex, reversed } from './octets.mjs';

export const CENTRAL = hex('0c1122334455'), PERIPHERAL = hex('0caabbccddee'), ZERO = Buffer.alloc(16);
const address = (octets) => cat(hex('00'), octets);
// An octet string without a pattern, always the same for the same number.
export const value = (number) => aes(Buffer.alloc(16, number), ZERO);

// ---- The toolbox, Core Vol 3 Part H 2.2; octets most significant first.
export const aes = (key, block) => createCipheriv('aes-128-ecb', key, null).setAutoPadding(false).update(block);
const xor = (a, b) => Buffer.from(a.map((octet, i) => octet ^ b[i]));
function cmac(key, message) {
  const double = (x) => {
    const out = Buffer.from(x.map((octet, i) => (octet << 1 | (x[i + 1] ?? 0) >> 7) & 255));
    if (x[0] & 0x80) out[15] ^= 0x87;
    return out;
  };
  const k1 = double(aes(key, Buffer.alloc(16)));
  const count = Math.max(1, Math.ceil(message.length / 16));
  const whole = message.length === 16 * count;
  let last = message.subarray(16 * (count - 1));
  last = whole ? xor(last, k1) : xor(cat(last, hex('80'), Buffer.alloc(16)).subarray(0, 16), double(k1));
  let x = Buffer.alloc(16);
  for (let i = 0; i < count - 1; i++) x = aes(key, xor(x, message.subarray(16 * i, 16 * i + 16)));
  return aes(key, xor(x, last));
}
const f4 = (u, v, x, z) => cmac(x, cat(u, v, z));
function f5(w, n1, n2, a1, a2) {
  const t = cmac(hex('6c888391aaf5a53860370bdb5a6083be'), w);
  const [mac, ltk] = [0, 1].map((counter) => cmac(t, cat(counter, Buffer.from('btle'), n1, n2, a1, a2, hex('0100'))));
  return { mac, ltk };
}
const f6 = (w, n1, n2, r, io, a1, a2) => cmac(w, cat(n1, n2, r, io, a1, a2));
const c1 = (k, r, request, response, ia, ra) =>
  aes(k, xor(aes(k, xor(r, cat(reversed(response), reversed(request), hex('0000')))), cat(hex('00000000'), ia, ra)));
const s1 = (k, r1, r2) => aes(k, cat(r1.subarray(8), r2.subarray(8)));

// ---- Phases 1 and 2. The features end before the first PDU of a method.
export function features(s, request, response) {
  s.smp('central', request);
  s.smp('peripheral', response);
}

// Just Works of legacy pairing. Returns the STK.
export function legacy(s, request, response, na = value(1), nb = value(2)) {
  features(s, request, response);
  for (const [who, nonce] of [['central', na], ['peripheral', nb]])
    s.smp(who, cat(3, reversed(c1(ZERO, nonce, request, response, CENTRAL, PERIPHERAL))));
  s.smp('central', cat(4, reversed(na)));
  s.smp('peripheral', cat(4, reversed(nb)));
  return s1(ZERO, nb, na);
}

export const publicKey = ({ x, y }) => cat(0x0c, reversed(x), reversed(y));
export function keyPair(seed) {
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(Buffer.alloc(32, seed));
  const point = pair.getPublicKey();
  return { pair, point, x: point.subarray(1, 33), y: point.subarray(33) };
}

// Just Works of Secure Connections, up to the nonces. Returns the DHKey checks and the LTK. a, b: seeds of the key pairs.
export function secureConnections(s, request, response, { a = 1, b = 2, na = value(3), nb = value(4) } = {}) {
  const [ka, kb] = [keyPair(a), keyPair(b)];
  features(s, request, response);
  s.smp('central', publicKey(ka));
  s.smp('peripheral', publicKey(kb), 27);
  s.smp('peripheral', cat(3, reversed(f4(kb.x, ka.x, nb, 0))));
  s.smp('central', cat(4, reversed(na)));
  s.smp('peripheral', cat(4, reversed(nb)));
  const own = address(CENTRAL), peer = address(PERIPHERAL);
  const { mac, ltk } = f5(ka.pair.computeSecret(kb.point), na, nb, own, peer);
  const io = (pdu) => Buffer.from([pdu[3], pdu[2], pdu[1]]);
  return { checkA: f6(mac, na, nb, ZERO, io(request), own, peer), checkB: f6(mac, nb, na, ZERO, io(response), peer, own), ltk };
}

// The same with the checks. Returns the LTK.
export function secure(s, request, response, more) {
  const { checkA, checkB, ltk } = secureConnections(s, request, response, more);
  s.smp('central', cat(0x0d, reversed(checkA)));
  s.smp('peripheral', cat(0x0d, reversed(checkB)));
  return ltk;
}

// ---- Phase 3: the keys that an end distributes. ltk, irk, csrk: most significant octet first; left out, it is not sent.
export function distribute(s, who, { ltk, ediv = hex('3412'), rand = value(5).subarray(8), irk, csrk }) {
  if (ltk) s.smp(who, cat(6, reversed(ltk)));
  if (ltk) s.smp(who, cat(7, ediv, rand));
  if (irk) s.smp(who, cat(8, reversed(irk)));
  if (irk) s.smp(who, cat(hex('0900'), reversed(who === 'central' ? CENTRAL : PERIPHERAL)));
  if (csrk) s.smp(who, cat(0x0a, reversed(csrk)));
}
