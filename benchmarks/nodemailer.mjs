// Sends one message to each reader with Nodemailer's pool; run by `benchmarks.sending`, prints a `Run`.

import { createRequire } from "node:module";

const [folder, port, count, connections] = process.argv.slice(2);
const nodemailer = createRequire(`${folder}/package.json`)("nodemailer");

let given = "";
for await (const piece of process.stdin) given += piece;
const { from, to, subject, text, html } = JSON.parse(given);

const pool = nodemailer.createTransport({
  host: "127.0.0.1",
  port: Number(port),
  ignoreTLS: true,
  pool: true,
  maxConnections: Number(connections),
  maxMessages: Infinity,
});
const began = performance.now();
const used = process.cpuUsage();
let left = Number(count);
const turn = async () => {
  while (left-- > 0) await pool.sendMail({ from, to, subject, text, html });
};
// Twice as many turns as connections: the pool is never without work.
await Promise.all(Array.from({ length: 2 * connections }, turn));
const cpu = process.cpuUsage(used);
pool.close();
console.log(
  JSON.stringify({
    messages: Number(count),
    seconds: (performance.now() - began) / 1000,
    cpu_seconds: (cpu.user + cpu.system) / 1e6,
    peak_mb: process.resourceUsage().maxRSS / 1024,
  }),
);
