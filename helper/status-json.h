/* SPDX-License-Identifier: GPL-2.0-only */
/* What status prints for programs; schema/status.schema.json says what each key means. Floor 4. */
#pragma once

#include "json.h"
#include "overview.h"

void status_json(struct json *json, const struct overview *overview);
