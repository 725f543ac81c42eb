/// Embedded texts with words between @ to fill in. Private to compiler/emit.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/base/embedded_file.h"

namespace permloom {

/// The text of a file that is there.
std::string_view file_named(const std::vector<EmbeddedFile>& files, std::string_view name);

/// The text with every @WORD@ replaced that `words` holds; any other @ stands.
std::string filled(std::string_view text, const std::map<std::string, std::string>& words);

}  // namespace permloom
