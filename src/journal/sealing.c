/* Seals the blocks of a journal into memory that is used again, for sealing.io.ts, which says what it is for. Ciphers and digests are
   those of the OpenSSL that Node runs on. What is sealed, and how blocks are laid out, say seal.ts and block.ts.

   Node-API 8; built by ops/build-native.sh. */

#include <node_api.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>

/* As in block.ts and seal.ts. */
enum { key_bytes = 32, nonce_bytes = 12, header_bytes = 104, covered_bytes = 72, digest_at = covered_bytes, tag_bytes = 16 };

struct sealing {
  EVP_CIPHER_CTX *cipher; /* knows the key of the segment */
  EVP_MD_CTX *digest;
};

struct bytes {
  uint8_t *at;
  size_t length;
};

static napi_value failed(napi_env env, const char *what) {
  napi_throw_error(env, NULL, what);
  return NULL;
}

static struct bytes bytes_of(napi_env env, napi_value value) {
  struct bytes bytes = {0};
  void *at = NULL;
  if (napi_get_buffer_info(env, value, &at, &bytes.length) == napi_ok) bytes.at = at;
  return bytes;
}

static int encrypt(EVP_CIPHER_CTX *cipher, struct bytes nonce, struct bytes header, struct bytes body, uint8_t *sealed) {
  int done = 0, rest = 0;
  return EVP_EncryptInit_ex(cipher, NULL, NULL, NULL, nonce.at) == 1 &&
         EVP_EncryptUpdate(cipher, NULL, &done, header.at, covered_bytes) == 1 &&
         (body.length == 0 || EVP_EncryptUpdate(cipher, sealed, &done, body.at, (int)body.length) == 1) &&
         EVP_EncryptFinal_ex(cipher, sealed + body.length, &rest) == 1 &&
         EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, tag_bytes, sealed + body.length) == 1;
}

static int digest(EVP_MD_CTX *context, struct bytes header, const uint8_t *sealed, size_t length) {
  return EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 && EVP_DigestUpdate(context, header.at, covered_bytes) == 1 &&
         EVP_DigestUpdate(context, sealed, length) == 1 && EVP_DigestFinal_ex(context, header.at + digest_at, NULL) == 1;
}

/* seal(sealing, nonce, header, body, into): the sealed body and its tag stand in `into`, the digest in the header. */
static napi_value seal(napi_env env, napi_callback_info info) {
  napi_value values[5];
  size_t count = 5;
  void *given = NULL;
  if (napi_get_cb_info(env, info, &count, values, NULL, NULL) != napi_ok || count != 5 ||
      napi_get_value_external(env, values[0], &given) != napi_ok) {
    return failed(env, "sealing: wrong arguments");
  }
  struct sealing *sealing = given;
  struct bytes nonce = bytes_of(env, values[1]), header = bytes_of(env, values[2]), body = bytes_of(env, values[3]);
  struct bytes into = bytes_of(env, values[4]);
  if (nonce.length != nonce_bytes || header.length != header_bytes || body.length > INT32_MAX - tag_bytes ||
      into.length < body.length + tag_bytes) {
    return failed(env, "sealing: a nonce, a header and room for the sealed body are wanted");
  }
  if (!encrypt(sealing->cipher, nonce, header, body, into.at) ||
      !digest(sealing->digest, header, into.at, body.length + tag_bytes)) {
    return failed(env, "sealing: OpenSSL refuses");
  }
  return NULL;
}

static void destroy(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  struct sealing *sealing = data;
  EVP_CIPHER_CTX_free(sealing->cipher);
  EVP_MD_CTX_free(sealing->digest);
  free(sealing);
}

/* create(key): seals under this key, AES-256-GCM. */
static napi_value create(napi_env env, napi_callback_info info) {
  napi_value value, result;
  size_t count = 1;
  napi_get_cb_info(env, info, &count, &value, NULL, NULL);
  struct bytes key = bytes_of(env, value);
  if (key.length != key_bytes) return failed(env, "sealing: a key of 32 bytes is wanted");
  struct sealing *sealing = calloc(1, sizeof *sealing);
  if (!sealing) return failed(env, "sealing: no memory");
  sealing->cipher = EVP_CIPHER_CTX_new();
  sealing->digest = EVP_MD_CTX_new();
  if (!sealing->cipher || !sealing->digest || EVP_EncryptInit_ex(sealing->cipher, EVP_aes_256_gcm(), NULL, key.at, NULL) != 1 ||
      napi_create_external(env, sealing, destroy, NULL, &result) != napi_ok) {
    destroy(env, sealing, NULL);
    return failed(env, "sealing: OpenSSL refuses");
  }
  return result;
}

NAPI_MODULE_INIT() {
  napi_value function;
  if (napi_create_function(env, "create", NAPI_AUTO_LENGTH, create, NULL, &function) != napi_ok ||
      napi_set_named_property(env, exports, "create", function) != napi_ok ||
      napi_create_function(env, "seal", NAPI_AUTO_LENGTH, seal, NULL, &function) != napi_ok ||
      napi_set_named_property(env, exports, "seal", function) != napi_ok) {
    return NULL;
  }
  return exports;
}
