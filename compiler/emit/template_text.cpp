#include "compiler/emit/template_text.h"

#include <algorithm>

#include "compiler/base/error.h"

namespace permloom {

std::string_view file_named(const std::vector<EmbeddedFile>& files, std::string_view name) {
    const auto file = std::ranges::find(files, name, &EmbeddedFile::path);
    PERMLOOM_ASSERT(file != files.end());
    return file->text;
}

std::string filled(std::string_view text, const std::map<std::string, std::string>& words) {
    std::string result;
    while (true) {
        const size_t begin = text.find('@');
        result += text.substr(0, begin);
        if (begin == std::string_view::npos) return result;
        const size_t end = text.find('@', begin + 1);
        const auto word = end == std::string_view::npos
                              ? words.end()
                              : words.find(std::string(text.substr(begin + 1, end - begin - 1)));
        if (word == words.end()) {
            // An @ of the language itself.
            result += '@';
            text.remove_prefix(begin + 1);
        } else {
            result += word->second;
            text.remove_prefix(end + 1);
        }
    }
}

}  // namespace permloom
