#include "compiler/base/error.h"
#include "compiler/perm/benes.h"
#include "compiler/perm/circuits.h"
#include "compiler/perm/exchange_router.h"

namespace permloom {
namespace {

class Benes final : public Circuit {
  public:
    std::string_view name() const override { return "benes"; }
    std::string_view summary() const override { return "two butterflies, any width"; }
    Topology topology(int lines) const override { return benes_topology(lines); }
    SwitchBits route(const Permutation& source) const override {
        PERMLOOM_ASSERT(source.size() >= 1);
        SwitchBits bits;
        ExchangeRouter(ExchangeNetwork::benes, source.size()).route(source, bits);
        return bits;
    }
    std::vector<SwitchBits> route_batch(std::span<const Permutation> sources,
                                        ThreadPool& pool) const override {
        return route_exchange_batch(ExchangeNetwork::benes, sources, pool);
    }
};

}  // namespace

std::unique_ptr<Circuit> make_benes() {
    return std::make_unique<Benes>();
}

}  // namespace permloom
