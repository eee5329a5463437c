/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "hci/error.h"
#include "hci/gap_internal.h"

struct hci_link *hci_gap_link(struct hci_gap *gap, uint16_t handle)
{
	for (size_t i = 0; i < HCI_LINKS_MAX; i++)
		if (gap->links[i].used && gap->links[i].handle == handle)
			return &gap->links[i];
	return NULL;
}

void hci_gap_exchange_features(struct hci_gap *gap, struct hci_link *link)
{
	uint8_t p[2];

	/* A peripheral may ask only where the controller has the procedure for it. */
	if (link->encrypting || !hci_controller_has(gap->controller, HCI_LE_READ_REMOTE_FEATURES) ||
	    (!link->central &&
	     !hci_controller_feature(gap->controller, HCI_FEATURE_PERIPHERAL_FEATURES)))
		return;
	gap_link_command(gap, HCI_LE_READ_REMOTE_FEATURES, link, p, sizeof(p));
}

void gap_read_phy(struct hci_gap *gap, struct hci_link *link)
{
	uint8_t p[2];

	if (hci_controller_has(gap->controller, HCI_LE_READ_PHY))
		gap_link_command(gap, HCI_LE_READ_PHY, link, p, sizeof(p));
}

void hci_gap_use_fast_phy(struct hci_gap *gap, struct hci_link *link)
{
	/* All_PHYs 0: both directions are given; no preference for coding. */
	uint8_t p[7] = {0, 0, 0, HCI_PHYS_2M, HCI_PHYS_2M};

	if (!link->central || !link->encrypted || link->encrypting || link->fast_phy_requested ||
	    !(gap->phys & HCI_PHYS_2M) || link->tx_phy != HCI_PHY_1M ||
	    !(link->features[HCI_FEATURE_2M_PHY / 8] >> HCI_FEATURE_2M_PHY % 8 & 1))
		return;
	link->fast_phy_requested = true;
	gap_link_command(gap, HCI_LE_SET_PHY, link, p, sizeof(p));
}

void gap_send_update(struct hci_gap *gap, struct hci_link *link)
{
	uint8_t p[14];

	link->update_waits = false;
	gap_put_parameters(p + 2, &link->update);
	gap_link_command(gap, HCI_LE_CONNECTION_UPDATE, link, p, sizeof(p));
}

void hci_gap_update(struct hci_gap *gap, struct hci_link *link, const struct hci_parameters *p)
{
	link->update = *p;
	if (link->encrypting)
		link->update_waits = true;
	else
		gap_send_update(gap, link);
}

void hci_gap_answer_parameters(struct hci_gap *gap, struct hci_link *link, bool accept,
			       const struct hci_parameters *parameters)
{
	uint8_t p[14];

	if (accept) {
		gap_put_parameters(p + 2, parameters);
		gap_link_command(gap, HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY, link, p, sizeof(p));
	} else {
		p[2] = HCI_UNACCEPTABLE_PARAMETERS;
		gap_link_command(gap, HCI_LE_REMOTE_CONNECTION_PARAMETER_NEGATIVE_REPLY, link, p,
				 3);
	}
}

void hci_gap_encrypt(struct hci_gap *gap, struct hci_link *link, const uint8_t ltk[16],
		     uint16_t ediv, const uint8_t rand[8])
{
	uint8_t p[28];

	memcpy(p + 2, rand, 8);
	bytes_put_le16(p + 10, ediv);
	memcpy(p + 12, ltk, 16);
	link->encrypting = true;
	gap_link_command(gap, HCI_LE_ENABLE_ENCRYPTION, link, p, sizeof(p));
	bytes_wipe(p, sizeof(p));
}

void hci_gap_answer_ltk(struct hci_gap *gap, struct hci_link *link, const uint8_t *ltk)
{
	uint8_t p[18];

	link->encrypting = ltk != NULL;
	if (ltk) {
		memcpy(p + 2, ltk, 16);
		gap_link_command(gap, HCI_LE_LTK_REPLY, link, p, sizeof(p));
		bytes_wipe(p, sizeof(p));
	} else {
		gap_link_command(gap, HCI_LE_LTK_NEGATIVE_REPLY, link, p, 2);
	}
}

void hci_gap_disconnect(struct hci_gap *gap, struct hci_link *link, uint8_t reason)
{
	uint8_t p[3] = {0, 0, reason};

	gap_link_command(gap, HCI_DISCONNECT, link, p, sizeof(p));
}
