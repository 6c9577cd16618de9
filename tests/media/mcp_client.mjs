// A client of the TypeScript SDK: it lists the tools, compiles their schemas, and calls what it is told to.
// Told in JSON by standard input: {command, args, url?, calls: [[tool, arguments, milliseconds until it gives up?]]}.
import { readFileSync } from "node:fs";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import Ajv from "ajv";

const told = JSON.parse(readFileSync(0, "utf8"));
const transport = told.url
  ? new StreamableHTTPClientTransport(new URL(told.url))
  : new StdioClientTransport({ command: told.command, args: told.args, env: process.env });
const client = new Client({ name: "foreign", version: "1" }, { capabilities: { elicitation: { form: {} } } });
const asked = [];
client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
  asked.push(params.message);
  return { action: "accept", content: { buy: true } };
});
await client.connect(transport);
const { tools } = await client.listTools();
const validator = new Ajv({ strict: true, allowUnionTypes: true });
for (const tool of tools) validator.compile(tool.inputSchema);

async function call(name, args, patience) {
  const progress = [];
  const options = { onprogress: (one) => progress.push(one.message), signal: patience && AbortSignal.timeout(patience) };
  try {
    const { isError = false, content, structuredContent } = await client.callTool({ name, arguments: args }, undefined, options);
    return { isError, text: content[0].text, structured: structuredContent, progress };
  } catch (error) {
    return { thrown: String(error.message), progress };
  }
}

const results = [];
for (const one of told.calls) results.push(await call(...one));
const together = await Promise.all((told.together ?? []).map((one) => call(...one)));
console.log(JSON.stringify({ server: client.getServerVersion(), tools: tools.map((one) => one.name), results, together, asked }));
await client.close();
process.exit(0);
