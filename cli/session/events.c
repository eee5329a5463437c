/* SPDX-License-Identifier: MIT */
/* Events that describe a pairing. */
#include <stdio.h>
#include <string.h>

#include "base/json_fields.h"
#include "session/internal.h"

static json_t *key_list(uint8_t dist)
{
	static const char *const names[] = {"enc", "id", "sign", "link"};
	json_t *list = json_array();

	for (unsigned i = 0; i < 4; i++)
		if (dist >> i & 1)
			(void)json_array_append_new(list, json_string(names[i]));
	return list;
}

static json_t *feature_set(const struct smp_feature_set *set)
{
	return json_pack(
		"{s:s, s:b, s:b, s:b, s:b, s:b, s:i, s:o, s:o}", "io", smp_io_name(set->io), "oob",
		set->oob, "bonding", (set->auth_req & 3) == SMP_AUTH_BONDING, "mitm",
		set->auth_req & SMP_AUTH_MITM, "secure_connections", set->auth_req & SMP_AUTH_SC,
		"keypress", set->auth_req & SMP_AUTH_KEYPRESS, "max_key_size", set->max_key_size,
		"init_keys", key_list(set->init_keys), "resp_keys", key_list(set->resp_keys));
}

/* Of the pairing, or of the bond with the peer, unless another device may have sent it. */
static const struct crypto_address *identity(const struct session *s)
{
	const struct smp_keys *fresh = &smp_bond(&s->smp)->peer;
	const struct smp_keys *stored = &s->bond.bond.peer;

	if (fresh->has_identity)
		return &fresh->identity;
	if (!s->has_bond)
		return s->setup ? s->setup->identity : NULL;
	if (!stored->has_identity || (s->shares_irk && address_is_resolvable(&s->peer)))
		return NULL;
	return &stored->identity;
}

json_t *session_peer(const void *session)
{
	const struct session *s = session;
	const struct json_peer peer = {.address = &s->peer,
				       .identity = identity(s),
				       .name = s->peer_name,
				       .label = s->peer_label};

	return json_peer(&peer);
}

void session_emit_connected(struct session *s)
{
	const struct hci_link *link = s->link;
	const char *phy = hci_phy_name(link->tx_phy);
	json_t *event = json_pack("{s:s, s:o, s:s, s:f, s:i, s:i}", "event", "connected", "peer",
				  session_peer(s), "role", s->central ? "central" : "peripheral",
				  "interval_ms", link->interval * 1.25, "latency", link->latency,
				  "timeout_ms", link->timeout * 10);

	if (phy)
		(void)json_object_set_new(event, "phy", json_string(phy));
	event_emit(s->events, event);
}

void session_emit_phy(struct session *s)
{
	event_emit(s->events, json_pack("{s:s, s:s, s:s}", "event", "phy", "transmit",
					hci_phy_name(s->link->tx_phy), "receive",
					hci_phy_name(s->link->rx_phy)));
}

void session_emit_features(struct session *s)
{
	const struct smp_features *f = smp_features(&s->smp);
	const char *advice = session_advice_on_method(f->because);
	char because[160];

	(void)snprintf(because, sizeof(because), "%s%s%s", smp_because_text(f->because),
		       advice ? "; " : "", advice ? advice : "");
	event_emit(s->events,
		   json_pack("{s:s, s:s, s:s, s:s, s:b, s:i, s:o, s:o}", "event", "features",
			     "method", smp_method_slug(f->method), "method_name",
			     smp_method_name(f->method), "because", because, "secure_connections",
			     f->secure_connections, "key_size", f->key_size, "initiator",
			     feature_set(&f->request), "responder", feature_set(&f->response)));
}

#define KEY_NAMES sizeof("LTK IRK identity CSRK ")

static const char *key_names(const struct smp_keys *keys, bool sc, char text[KEY_NAMES])
{
	(void)snprintf(text, KEY_NAMES, "%s%s%s%s", keys->has_ltk && !sc ? "LTK " : "",
		       keys->has_irk ? "IRK " : "", keys->has_identity ? "identity " : "",
		       keys->has_csrk ? "CSRK " : "");
	if (!*text)
		return "none";
	text[strlen(text) - 1] = '\0';
	return text;
}

void session_emit_keys(struct session *s)
{
	const struct smp_bond *bond = smp_bond(&s->smp);
	char received[KEY_NAMES], sent[KEY_NAMES];

	event_emit(s->events,
		   json_pack("{s:s, s:s, s:s}", "event", "keys", "received",
			     key_names(&bond->peer, bond->secure_connections, received), "sent",
			     key_names(&bond->local, bond->secure_connections, sent)));
}

void session_emit_encrypted(struct session *s, const char *with)
{
	event_emit(s->events, json_pack("{s:s, s:s}", "event", "encrypted", "with", with));
}

void session_emit_parameters(struct session *s)
{
	event_emit(s->events, json_pack("{s:s, s:f, s:i, s:i}", "event", "parameters",
					"interval_ms", s->link->interval * 1.25, "latency",
					s->link->latency, "timeout_ms", s->link->timeout * 10));
}
