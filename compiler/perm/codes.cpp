#include "compiler/base/error.h"
#include "compiler/perm/code.h"

namespace permloom {

const std::vector<std::unique_ptr<Code>>& all_codes() {
    static const std::vector<std::unique_ptr<Code>> codes = [] {
        std::vector<std::unique_ptr<Code>> list;
        list.push_back(make_lehmer_code());
        list.push_back(make_level_map_code());
        list.push_back(make_multiset_code());
        list.push_back(make_lehmer_dense_code());
        list.push_back(make_factorial_stream_code());
        list.push_back(make_index_code());
        return list;
    }();
    return codes;
}

const Code& code_named(std::string_view name) {
    std::vector<std::string> names;
    for (const auto& code : all_codes()) {
        if (code->name() == name) return *code;
        names.emplace_back(code->name());
    }
    std::string known;
    for (const std::string& one : names)
        known += (known.empty() ? "" : ", ") + one;
    throw Error("code '" + std::string(name) + "'", "unknown" + did_you_mean(name, names),
                "known codes: " + known);
}

}  // namespace permloom
