#include "compiler/checkpoint/keras_hdf5.h"

#include <fmt/format.h>
#include <hdf5.h>

#include <utility>

#include "compiler/base/error.h"
#include "compiler/checkpoint/tensor_values.h"

namespace permloom {
namespace {

/// Deflate, the strongest of the usual HDF5 filters, packs at most this many bytes into one.
constexpr uint64_t LARGEST_PACKING = 1032;

/// An HDF5 object that closes itself; negative: opening it failed.
class Handle {
  public:
    Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
    ~Handle() {
        if (id_ >= 0) close_(id_);
    }
    Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    Handle& operator=(Handle&&) = delete;

    hid_t id() const { return id_; }
    explicit operator bool() const { return id_ >= 0; }

  private:
    hid_t id_;
    herr_t (*close_)(hid_t);
};

/// Keeps the library from printing its error stack: what fails is told by an Error.
class QuietErrors {
  public:
    QuietErrors() {
        H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    }
    ~QuietErrors() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }
    QuietErrors(const QuietErrors&) = delete;
    QuietErrors& operator=(const QuietErrors&) = delete;

  private:
    H5E_auto2_t function_ = nullptr;
    void* data_ = nullptr;
};

class KerasFile {
  public:
    explicit KerasFile(const std::filesystem::path& path)
        : where_(path.string()),
          file_(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose) {
        if (!file_) throw damaged("it cannot be opened");
    }

    std::vector<ForeignArray> arrays() const {
        const Handle model = weights_group();
        std::vector<ForeignArray> result;
        for (const std::string& layer : names(model, "layer_names")) {
            const Handle group(H5Gopen2(model.id(), layer.c_str(), H5P_DEFAULT), H5Gclose);
            if (!group) throw damaged("layer '" + layer + "' is listed but missing");
            for (const std::string& weight : names(group, "weight_names"))
                result.push_back(array(group, weight));
        }
        return result;
    }

  private:
    Error damaged(const std::string& what) const {
        return {where_, "is damaged: " + what, "copy or save the file again"};
    }

    Handle weights_group() const {
        for (const char* name : {"/", "/model_weights"}) {
            if (H5Lexists(file_.id(), name, H5P_DEFAULT) <= 0 && std::string(name) != "/") continue;
            Handle group(H5Gopen2(file_.id(), name, H5P_DEFAULT), H5Gclose);
            if (group && has_names(group, "layer_names")) return group;
        }
        throw Error(where_, "is an HDF5 file, but not one of Keras weights: no 'layer_names'",
                    "save with model.save_weights(\"NAME.h5\") of Keras 2, or as .npz or "
                    ".safetensors");
    }

    /// Keras cuts a list that is too long for one attribute into NAME0, NAME1, ...
    static bool has_names(const Handle& object, const std::string& attribute) {
        return H5Aexists(object.id(), attribute.c_str()) > 0 ||
               H5Aexists(object.id(), (attribute + "0").c_str()) > 0;
    }

    std::vector<std::string> names(const Handle& object, const std::string& attribute) const {
        std::vector<std::string> result;
        if (H5Aexists(object.id(), attribute.c_str()) > 0)
            read_names(object, attribute, result);
        else if (!has_names(object, attribute))
            throw damaged("a layer has no '" + attribute + "'");
        else
            for (int part = 0;
                 H5Aexists(object.id(), (attribute + std::to_string(part)).c_str()) > 0; ++part)
                read_names(object, attribute + std::to_string(part), result);
        return result;
    }

    /// Appends a list of strings: of one length, or of variable length as h5py 3 writes them.
    void read_names(const Handle& object, const std::string& name,
                    std::vector<std::string>& result) const {
        const Error wrong = damaged("'" + name + "' is not a list of names");
        const Handle attribute(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT), H5Aclose);
        const Handle type(H5Aget_type(attribute.id()), H5Tclose);
        const Handle space(H5Aget_space(attribute.id()), H5Sclose);
        if (!attribute || !type || !space) throw wrong;
        const hssize_t count = H5Sget_simple_extent_npoints(space.id());
        // Keras writes the list of a layer without weights as an empty list of numbers.
        if (count == 0) return;
        if (count < 0 || H5Tget_class(type.id()) != H5T_STRING) throw wrong;
        // The list lies in the object's header, so that it cannot be larger than the file.
        const size_t length = H5Tget_size(type.id());
        if (length == 0 || static_cast<uint64_t>(count) > file_bytes() / length) throw wrong;
        if (H5Tis_variable_str(type.id()) > 0) {
            std::vector<char*> texts(static_cast<size_t>(count), nullptr);
            if (H5Aread(attribute.id(), type.id(), texts.data()) < 0) throw wrong;
            for (const char* text : texts)
                result.emplace_back(text == nullptr ? "" : text);
            H5Dvlen_reclaim(type.id(), space.id(), H5P_DEFAULT, texts.data());
            return;
        }
        std::vector<char> texts(length * static_cast<size_t>(count));
        if (H5Aread(attribute.id(), type.id(), texts.data()) < 0) throw wrong;
        for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
            const std::string text(texts.data() + i * length, length);
            result.push_back(text.substr(0, text.find('\0')));
        }
    }

    ForeignArray array(const Handle& layer, const std::string& name) const {
        const std::string where = where_ + ": array '" + name + "'";
        const Handle data(H5Dopen2(layer.id(), name.c_str(), H5P_DEFAULT), H5Dclose);
        if (!data) throw damaged("array '" + name + "' is listed but missing");
        const Handle type(H5Dget_type(data.id()), H5Tclose);
        const Handle space(H5Dget_space(data.id()), H5Sclose);
        const H5T_class_t kind = H5Tget_class(type.id());
        if (kind != H5T_FLOAT && kind != H5T_INTEGER)
            throw Error(where, "does not hold real numbers", "store it as float32");

        ForeignArray result{name, {}, {}};
        const int axes = H5Sget_simple_extent_ndims(space.id());
        if (axes < 0) throw damaged("array '" + name + "' has no shape");
        std::vector<hsize_t> extents(static_cast<size_t>(axes));
        H5Sget_simple_extent_dims(space.id(), extents.data(), nullptr);
        // What the file stores bounds what is allocated for it.
        const uint64_t limit = H5Dget_storage_size(data.id()) * LARGEST_PACKING;
        uint64_t count = 1;
        for (const hsize_t extent : extents) {
            if (extent != 0 && count > limit / extent)
                throw damaged("array '" + name + "' is larger than what the file stores");
            count *= extent;
            result.shape.push_back(static_cast<int64_t>(extent));
        }
        result.values.resize(count);
        if (count != 0 && H5Dread(data.id(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                                  result.values.data()) < 0)
            throw damaged("array '" + name + "' cannot be read");
        require_finite(result.values, where);
        return result;
    }

    uint64_t file_bytes() const {
        hsize_t size = 0;
        H5Fget_filesize(file_.id(), &size);
        return size;
    }

    std::string where_;
    QuietErrors quiet_;
    Handle file_;
};

}  // namespace

std::vector<ForeignArray> read_keras_hdf5(const std::filesystem::path& path) {
    return KerasFile(path).arrays();
}

}  // namespace permloom
