// Stands before a server and shows its token for whoever comes, who has none to show. All else
// passes as it is, the names of host and origin too.
import http from "node:http";

const [, , url, token] = process.argv;
const { hostname, port, pathname } = new URL(url);
const door = http.createServer((request, response) => {
  const headers = { ...request.headers, authorization: `Bearer ${token}` };
  const options = { hostname, port, path: request.url, method: request.method, headers };
  const onward = http.request(options, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  response.on("close", () => onward.destroy());
  request.pipe(onward);
});
door.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${door.address().port}${pathname}`));
