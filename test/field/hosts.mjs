// SPDX-License-Identifier: MIT
// The captures of hosts: NAME -> a function that writes it. Each has one thing that a person's capture had.
import { CONNECT, host } from './host.mjs';
import { cat, hex, le } from './octets.mjs';
import { aes, distribute, features, keyPair, legacy, publicKey, secure, value } from './smp.mjs';

// Just Works. Each distributes what the capture needs.
const REQUEST = hex('01030001100000'), RESPONSE = hex('02030001100000');
const SC_REQUEST = hex('01030009100000'), SC_RESPONSE = hex('02030009100000');
const keys = (pdu, initiator, responder) => cat(pdu.subarray(0, 5), initiator, responder);
const ENC = 1, ID = 2, SIGN = 4;
const FAILED = 5, AUTHENTICATION_REQUIREMENTS = 3, NOT_SUPPORTED = 5, ENCRYPTION_KEY_SIZE = 6, UNSPECIFIED = 8, INVALID_PARAMETERS = 0x0a;
const refuses = (h, who, reason) => h.smp(who, cat(FAILED, reason));

// Management interface of Linux.
const SET_BONDABLE = 0x09, SET_IO_CAPABILITY = 0x18, PAIR = 0x19, PASSKEY_NOT = 0x1f, DEVICE_DISCONNECTED = 0x0c, PASSKEY_REQUEST = 0x10,
  AUTHENTICATION_FAILED = 0x11;

// BTstack without an ER and an IR of its own: src/ble/sm.c sets these. Appendix B.2.
const ER = hex('303132333435363738393a3b3c3d3e3f'), IR = hex('909192939495969798999a9b9c9d9e9f');
const d1 = (key, d, r = 0) => aes(key, cat(Buffer.alloc(12), r >> 8, r & 255, d >> 8, d & 255));

function legacyOf(h, sizeOfPeer = 16, initiator = 0, responder = ENC) {
  const stk = legacy(h, keys(REQUEST, initiator, responder), cat(RESPONSE.subarray(0, 4), sizeOfPeer, initiator, responder));
  return Buffer.concat([Buffer.alloc(16 - sizeOfPeer), stk.subarray(16 - sizeOfPeer)]);
}

export const captures = {
  // ---- The wrong transport: the handle is of BR/EDR.
  'bredr-handle-smp.btsnoop'(path) {
    const h = host();
    h.connectedBredr();
    h.smp('central', SC_REQUEST);
    refuses(h, 'peripheral', NOT_SUPPORTED);
    h.disconnected(0x13);
    h.btsnoop(path);
  },
  'bredr-handle-encrypt.btsnoop'(path) {
    const h = host();
    h.connectedBredr();
    h.encrypt(value(6), hex('0000'), Buffer.alloc(8), 0x12);
    h.disconnected(0x16);
    h.btsnoop(path);
  },

  // ---- Two stacks of the captured peripheral: one refuses, the other goes on.
  'two-stacks-refuse.btsnoop'(path) {
    const h = host({ role: 'peripheral' });
    h.connected();
    h.smp('central', SC_REQUEST);
    h.smp('peripheral', SC_RESPONSE);
    refuses(h, 'peripheral', NOT_SUPPORTED);
    h.smp('central', publicKey(keyPair(1)));
    h.smp('peripheral', publicKey(keyPair(2)));
    h.disconnected(0x13);
    h.btsnoop(path);
  },

  // ---- Encryption before the pairing made a key; the captured peripheral gives zero.
  'zero-key-given.btsnoop'(path) {
    const h = host({ role: 'peripheral' });
    h.connected();
    features(h, REQUEST, RESPONSE);
    h.encrypted(Buffer.alloc(16));
    h.disconnected(0x13);
    h.btsnoop(path);
  },

  // ---- Keys.
  'known-keys-btstack.btsnoop'(path) {
    const h = host(), rand = value(5).subarray(8), div = 0x1d2c;
    const y = aes(d1(IR, 3), cat(Buffer.alloc(8), Buffer.from(rand).reverse()));
    h.connected();
    h.encrypted(legacyOf(h, 16, 0, ENC | ID));
    distribute(h, 'peripheral', { ltk: d1(ER, div), ediv: le(y.readUInt16BE(14) ^ div, 2), rand, irk: d1(IR, 1) });
    h.disconnected(0x13);
    h.btsnoop(path);
  },
  'known-irk-nimble.btsnoop'(path) {
    const h = host();
    h.connected();
    h.encrypted(secure(h, keys(SC_REQUEST, 0, ID), keys(SC_RESPONSE, 0, ID)));
    distribute(h, 'peripheral', { irk: hex('b81e53c034dd5bbf0d43ec4f16e28def') });
    h.disconnected(0x13);
    h.btsnoop(path);
  },
  'key-not-shortened.btsnoop'(path) {
    const h = host();
    h.connected();
    h.encrypted(legacyOf(h, 7));
    distribute(h, 'peripheral', { ltk: value(15) });
    h.disconnected(0x13);
    h.btsnoop(path);
  },
  'public-key-kept.btsnoop'(path) {
    const h = host();
    for (const [a, na, nb] of [[1, 16, 17], [3, 18, 19]]) {
      h.connected();
      h.encrypted(secure(h, SC_REQUEST, SC_RESPONSE, { a, b: 2, na: value(na), nb: value(nb) }));
      h.disconnected(0x13);
    }
    h.btsnoop(path);
  },
  'signing-key-zero.btsnoop'(path) {
    const h = host();
    h.connected();
    h.encrypted(secure(h, keys(SC_REQUEST, 0, SIGN), keys(SC_RESPONSE, 0, SIGN)));
    distribute(h, 'peripheral', { csrk: Buffer.alloc(16) });
    h.disconnected(0x13);
    h.btsnoop(path);
  },

  // ---- Security that an attribute demands.
  'attribute-demand.btsnoop'(path) {
    const h = host();
    h.connected();
    h.att('central', hex('0a1400'));
    h.att('peripheral', hex('010a14000f'));
    h.encrypted(secure(h, SC_REQUEST, SC_RESPONSE));
    h.disconnected(0x13);
    h.btsnoop(path);
  },
  'attribute-demand-refused.btsnoop'(path) {
    const h = host();
    h.connected();
    h.att('central', hex('0a1400'));
    h.att('peripheral', hex('010a140005'));
    h.smp('central', SC_REQUEST);
    refuses(h, 'peripheral', NOT_SUPPORTED);
    h.disconnected(0x13);
    h.btsnoop(path);
  },

  // ---- A bond that one end has lost.
  'ltk-refused.btsnoop'(path) {
    const h = host({ role: 'peripheral' });
    h.keyAsked(hex('3412'), value(5).subarray(8));
    h.keyRefused();
    h.disconnected(0x13);
    h.btsnoop(path);
  },
  'stale-bond-not-supported.btsnoop': (path) => staleBond(path, NOT_SUPPORTED),
  'stale-bond-invalid-parameters.btsnoop': (path) => staleBond(path, INVALID_PARAMETERS),
  'bond-differs.btsnoop'(path) {
    const h = host();
    h.connected();
    h.encrypt(value(20), hex('3412'), value(5).subarray(8));
    h.encryptionChanged();
    h.disconnected(0x3d);
    h.btsnoop(path);
  },

  // The bond is good: the link works for a minute, and then a packet fails its check.
  'mic-failure-later.btsnoop'(path) {
    const h = host();
    h.connected();
    h.encrypt(value(20), hex('3412'), value(5).subarray(8));
    h.encryptionChanged();
    for (let i = 0; i < 3; i++) {
      h.pass(20);
      h.att('peripheral', hex('1b0300010203'));
    }
    h.disconnected(0x3d);
    h.btsnoop(path);
  },

  // ---- Nothing answers.
  'requests-unanswered.btsnoop'(path) {
    const h = host();
    h.connected();
    for (let i = 0; i < 3; i++) {
      h.smp('central', SC_REQUEST);
      h.pass(9);
    }
    h.disconnected(0x16);
    h.btsnoop(path);
  },
  'create-connection-refused.btsnoop'(path) {
    const h = host();
    h.command(CONNECT, cat(hex('6000 3000 00 00'), Buffer.from(h.peer).reverse(), hex('00 1800 2800 0000 2a00 0000 0000')));
    h.status(CONNECT, 0x0c);
    h.btsnoop(path);
  },

  // ---- Two ends of one attempt: the first is the one that counts.
  'refused-then-lost.btsnoop'(path) {
    const h = host();
    h.connected();
    features(h, SC_REQUEST, SC_RESPONSE);
    refuses(h, 'peripheral', UNSPECIFIED);
    h.disconnected(0x08);
    h.btsnoop(path);
  },

  // ---- A USB controller: data and events come on two pipes, without an order between them.
  'failed-after-disconnection.btsnoop'(path) {
    const h = host();
    h.connected();
    features(h, SC_REQUEST, SC_RESPONSE);
    h.disconnected(0x13);
    refuses(h, 'peripheral', UNSPECIFIED);
    h.btsnoop(path);
  },
  'request-before-connection.btsnoop'(path) {
    const h = host({ role: 'peripheral' });
    h.smp('central', SC_REQUEST);
    h.connected();
    refuses(h, 'peripheral', NOT_SUPPORTED);
    h.disconnected(0x13);
    h.btsnoop(path);
  },

  // ---- The logs of a controller of Qualcomm are ACL data; one of them looks like a PDU of SMP.
  'logs-of-controller.btsnoop'(path) {
    const h = host();
    h.connected();
    h.encrypted(secure(h, SC_REQUEST, SC_RESPONSE));
    const log = host({ handle: 0xedc });
    for (const octets of [hex('0a0102030405060708090a'), hex('0505')]) log.smp('peripheral', octets);
    for (const { opcode, data } of log.records) h.records.push({ opcode, data, us: h.records.at(-1).us + 1000 });
    h.btsnoop(path);
  },

  // ---- Noise: an update that the peer's controller refuses, and the pairing works.
  'update-refused.btsnoop'(path) {
    const h = host();
    h.connected();
    h.updateRefused(0x0c);
    h.encrypted(secure(h, SC_REQUEST, SC_RESPONSE));
    h.disconnected(0x13);
    h.btsnoop(path);
  },

  // ---- The management interface of Linux.
  'passkey-refused.btsnoop'(path) {
    const h = host();
    h.ask(PAIR, hex('02'));
    h.connected();
    h.smp('central', hex('0102000d100000'));
    h.smp('peripheral', hex('0200000d100000'));
    h.tell(PASSKEY_REQUEST);
    h.pass(4);
    h.ask(PASSKEY_NOT);
    refuses(h, 'central', 0x01);
    h.tell(AUTHENTICATION_FAILED, hex('05'));
    h.disconnected(0x16);
    h.tell(DEVICE_DISCONNECTED, hex('02'));
    h.btsnoop(path);
  },
  'not-bondable.btsnoop'(path) {
    const h = host({ role: 'peripheral' });
    h.set(SET_IO_CAPABILITY, hex('03'));
    h.set(SET_BONDABLE, hex('00'));
    h.connected();
    h.smp('peripheral', hex('0b09'));
    h.smp('central', SC_REQUEST);
    refuses(h, 'peripheral', NOT_SUPPORTED);
    h.disconnected(0x13);
    h.btsnoop(path);
  },
  'no-agent-log.btsnoop'(path) {
    const h = host({ role: 'peripheral' });
    h.connected();
    features(h, hex('0101000d100000'), hex('0201000d100000'));
    h.note('bluetoothd', 'No agent available for request type 2');
    refuses(h, 'peripheral', 0x0c);
    h.disconnected(0x13);
    h.btsnoop(path);
  },

  // ---- Nothing was recorded.
  'header-only.btsnoop': (path) => host().btsnoop(path),

  // ---- The same packets on a USB bus.
  'usb-pairing.pcap'(path) {
    const h = host();
    h.connected();
    h.encrypted(secure(h, SC_REQUEST, SC_RESPONSE));
    h.disconnected(0x13);
    h.usb(path);
  },

  // ---- The octets, as programs log them.
  'hcidump-octets.txt'(path) {
    const h = host();
    h.connected();
    h.encrypted(secure(h, SC_REQUEST, SC_RESPONSE));
    h.disconnected(0x13);
    h.log(path, 'hcidump');
  },
  'bumble-refused.txt'(path) {
    const h = host();
    features(h, hex('0101000d100000'), SC_RESPONSE);
    refuses(h, 'central', AUTHENTICATION_REQUIREMENTS);
    h.log(path, 'bumble');
  },
  'nimble-refused.txt'(path) {
    const h = host({ role: 'peripheral' });
    features(h, SC_REQUEST, cat(SC_RESPONSE.subarray(0, 4), 7, 0, 0));
    refuses(h, 'central', ENCRYPTION_KEY_SIZE);
    h.log(path, 'nimble');
  },
};

// A bond is made; then the central has lost it, pairs anew, and the peripheral refuses.
function staleBond(path, reason) {
  const h = host();
  h.connected();
  h.encrypted(legacyOf(h));
  distribute(h, 'peripheral', { ltk: value(15) });
  h.disconnected(0x13);
  h.connected();
  h.smp('central', keys(REQUEST, 0, ENC));
  refuses(h, 'peripheral', reason);
  h.disconnected(0x13);
  h.btsnoop(path);
}
