#include "compiler/perm/as_waksman_router.h"

#include "compiler/base/error.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/perm/circuits.h"
#include "compiler/perm/exchange_router.h"

namespace permloom {

SwitchBits route_as_waksman(const Permutation& source) {
    PERMLOOM_ASSERT(source.size() >= 1);
    SwitchBits bits;
    ExchangeRouter(ExchangeNetwork::as_waksman, source.size()).route(source, bits);
    return bits;
}

namespace {

class AsWaksman final : public Circuit {
  public:
    std::string_view name() const override { return "as-waksman"; }
    std::string_view summary() const override { return "Benes, less what can stay straight"; }
    Topology topology(int lines) const override { return as_waksman_topology(lines); }
    SwitchBits route(const Permutation& source) const override { return route_as_waksman(source); }
    std::vector<SwitchBits> route_batch(std::span<const Permutation> sources,
                                        ThreadPool& pool) const override {
        return route_exchange_batch(ExchangeNetwork::as_waksman, sources, pool);
    }
};

}  // namespace

std::unique_ptr<Circuit> make_as_waksman() {
    return std::make_unique<AsWaksman>();
}

}  // namespace permloom
