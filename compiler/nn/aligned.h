/// Float arrays that start on a cache line.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

namespace permloom {

template <class T>
struct CacheLineAllocator {
    using value_type = T;
    static constexpr std::align_val_t LINE{64};

    CacheLineAllocator() = default;
    template <class U>
    CacheLineAllocator(const CacheLineAllocator<U>&) {}

    T* allocate(size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), LINE)); }
    void deallocate(T* items, size_t) { ::operator delete(items, LINE); }
    bool operator==(const CacheLineAllocator&) const { return true; }
};

using AlignedFloats = std::vector<float, CacheLineAllocator<float>>;

}  // namespace permloom
