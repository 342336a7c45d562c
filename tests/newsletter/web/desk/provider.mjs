// A certified provider of OpenID Connect, with one client: node provider.mjs MODULE ISSUER BACK
const [, , module, issuer, back] = process.argv;
const { default: Provider } = await import(module);

const provider = new Provider(issuer, {
  clients: [{ client_id: "newsletter", client_secret: "a secret of the tests", redirect_uris: [back] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  // Whatever is typed at its sign-in is the address.
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: id, email_verified: true, name: "Kim Exempel" }),
  }),
});
provider.listen(Number(new URL(issuer).port), "127.0.0.1", () => console.log("listening"));
