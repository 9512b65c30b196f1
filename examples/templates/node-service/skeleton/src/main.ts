import { createServer } from "node:http";

const port = Number(process.env.PORT ?? ${{ values.port }});

const server = createServer((request, response) => {
  if (request.url === "/healthz" || request.url === "/readyz") {
    response.end("ok\n");
    return;
  }
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ service: ${{ values.name | dump }} }) + "\n");
});

server.listen(port);
process.on("SIGTERM", () => server.close());
