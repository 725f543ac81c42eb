#include "compiler/checkpoint/npz.h"

#include <zip.h>

#include <memory>

#include "compiler/base/error.h"
#include "compiler/checkpoint/npy.h"
#include "compiler/checkpoint/tensor_values.h"

namespace permloom {
namespace {

constexpr size_t CHUNK = size_t{1} << 20;
constexpr std::string_view SUFFIX = ".npy";

struct Discard {
    void operator()(zip_t* archive) const { zip_discard(archive); }
    void operator()(zip_file_t* file) const { zip_fclose(file); }
    void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using Archive = std::unique_ptr<zip_t, Discard>;
using Member = std::unique_ptr<zip_file_t, Discard>;
using Source = std::unique_ptr<zip_source_t, Discard>;

Error damaged(const std::string& where, const std::string& reason) {
    return {where, "is damaged: " + reason, "copy or save the file again"};
}

Archive open_archive(const std::filesystem::path& path) {
    int code = 0;
    Archive archive(zip_open(path.c_str(), ZIP_RDONLY, &code));
    if (archive) return archive;
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    throw damaged(path.string(), reason);
}

/// Reads to the end whatever size the archive tells: the library checks size and CRC-32 there.
std::vector<uint8_t> read_member(zip_t* archive, zip_uint64_t index, const std::string& where) {
    const Member member(zip_fopen_index(archive, index, 0));
    if (!member) throw damaged(where, zip_strerror(archive));
    std::vector<uint8_t> bytes;
    for (;;) {
        const size_t used = bytes.size();
        bytes.resize(used + CHUNK);
        const zip_int64_t got = zip_fread(member.get(), bytes.data() + used, CHUNK);
        if (got < 0) throw damaged(where, zip_error_strerror(zip_file_get_error(member.get())));
        bytes.resize(used + static_cast<size_t>(got));
        if (got == 0) return bytes;
    }
}

}  // namespace

std::vector<ForeignArray> read_npz(const std::filesystem::path& path) {
    const Archive archive = open_archive(path);
    std::vector<ForeignArray> arrays;
    const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
    for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(count); ++i) {
        const char* stored = zip_get_name(archive.get(), i, 0);
        if (stored == nullptr) throw damaged(path.string(), "a member has no name");
        std::string name = stored;
        if (!name.ends_with(SUFFIX)) continue;
        name.resize(name.size() - SUFFIX.size());
        const std::string where = path.string() + ": array '" + name + "'";
        Tensor tensor = parse_npy(read_member(archive.get(), i, where), where);
        arrays.push_back({name, tensor.shape, float_values(tensor, where)});
    }
    return arrays;
}

std::vector<uint8_t> to_npz(std::span<const NpzArray> arrays, bool deflated) {
    // 1 January 1980 in the date format of DOS: the least that zip can say.
    constexpr zip_uint16_t DATE = 1 << 5 | 1;
    zip_error_t error;
    const Source buffer(zip_source_buffer_create(nullptr, 0, 0, &error));
    PERMLOOM_ASSERT(buffer);
    // The archive takes one reference with it when it is closed, this function keeps one.
    zip_source_keep(buffer.get());
    Archive archive(zip_open_from_source(buffer.get(), ZIP_TRUNCATE, &error));
    PERMLOOM_ASSERT(archive);
    std::vector<std::vector<uint8_t>> members;  // read when the archive is closed
    members.reserve(arrays.size());
    for (const NpzArray& array : arrays) {
        members.push_back(to_npy(array.tensor));
        zip_source_t* source =
            zip_source_buffer(archive.get(), members.back().data(), members.back().size(), 0);
        PERMLOOM_ASSERT(source != nullptr);
        const zip_int64_t index =
            zip_file_add(archive.get(), (array.name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8);
        PERMLOOM_ASSERT(index >= 0);
        const auto member = static_cast<zip_uint64_t>(index);
        zip_set_file_compression(archive.get(), member, deflated ? ZIP_CM_DEFLATE : ZIP_CM_STORE,
                                 0);
        zip_file_set_dostime(archive.get(), member, 0, DATE, 0);
    }
    PERMLOOM_ASSERT(zip_close(archive.get()) == 0);
    archive.release();

    zip_stat_t stat;
    PERMLOOM_ASSERT(zip_source_stat(buffer.get(), &stat) == 0);
    std::vector<uint8_t> bytes(stat.size);
    PERMLOOM_ASSERT(zip_source_open(buffer.get()) == 0);
    const zip_int64_t got = zip_source_read(buffer.get(), bytes.data(), bytes.size());
    PERMLOOM_ASSERT(got == static_cast<zip_int64_t>(bytes.size()));
    zip_source_close(buffer.get());
    return bytes;
}

}  // namespace permloom
