/// What encode and decode share: the code, and how codes are written.
#pragma once

#include "compiler/perm/code.h"
#include "tools/permloom/options.h"

namespace permloom::cli {

enum class CodeFormat { text, binary, digits, rank };

/// --code, --format, --digits and --rank.
void add_code_options(Options& options);

const Code& code_option(const Values& values);
/// Throws a usage Error where the code has no such form.
CodeFormat code_format_option(const Values& values);

}  // namespace permloom::cli
