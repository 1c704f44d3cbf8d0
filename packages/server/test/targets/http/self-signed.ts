/**
 * A certificate that nobody trusts, for localhost, valid for a hundred years, with its key. Made once by
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=localhost`; it protects nothing.
 */
export const selfSigned = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgLlh5XjYSsIkuQoUV
wLk8PzStdLtBCtztoB3yGu/oANOhRANCAAThKSGDYyNbAI8cSRtxIDrz4OtxuDIt
AWTeOEgYFvi/PobXb4FW6nogoMernfZnVsPxfGNUWPQFALQbTccMoAyF
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUbKJR0kArqRZpZ48gFjHwIyH7CikwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA5MjI0MFoYDzIxMjYxMDI4
MDkyMjQwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAThKSGDYyNbAI8cSRtxIDrz4OtxuDItAWTeOEgYFvi/PobXb4FW6nog
oMernfZnVsPxfGNUWPQFALQbTccMoAyFo1MwUTAdBgNVHQ4EFgQUcCTtR4kRLLJ9
nWi3GurH+kzyQWkwHwYDVR0jBBgwFoAUcCTtR4kRLLJ9nWi3GurH+kzyQWkwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA3CRJXFyiYSM590Cnq++x
d2qkv3usYjK+fugsGZoBh6sCIEHUYIZEpfcha5bvowfB5Ls/wPyEHeffpne4dq1j
tbom
-----END CERTIFICATE-----
`,
};
