/* SPDX-License-Identifier: GPL-2.0-only */
/* What status prints for programs; schema/status.schema.json says what each key means. */
#pragma once

#include "base/json.h"
#include "core/survey.h"

void status_json(struct json *json, const struct overview *overview);
