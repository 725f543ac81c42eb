#include "compiler/perm/code.h"
#include "compiler/perm/named.h"

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
    return find_named(all_codes(), "code", name);
}

}  // namespace permloom
