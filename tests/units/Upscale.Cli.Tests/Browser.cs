using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Upscale.Cli.Tests;

/// <summary>Chromium without a screen, told what to do over its debugging protocol.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"];
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly DirectoryInfo _profile;
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _limit = new(s_patience);
    private readonly List<JsonObject> _events = [];
    private int _last;

    private Browser(Process process, DirectoryInfo profile)
    {
        _process = process;
        _profile = profile;
    }

    /// <summary>What the page asked the network for, and what it complained about.</summary>
    public IEnumerable<string> Troubles => _events.Where(e => Method(e) is "Runtime.exceptionThrown" or "Log.entryAdded").Select(e => e.ToJsonString());

    /// <summary>Addresses of everything that was loaded.</summary>
    public IEnumerable<string> Loaded => _events.Where(e => Method(e) == "Network.requestWillBeSent").Select(e => (string)e["params"]!["request"]!["url"]!);

    /// <summary>Opens a page; null where there is no browser.</summary>
    public static async Task<Browser?> OpenAsync(string page)
    {
        if (Find() is not { } program)
            return null;
        DirectoryInfo profile = Directory.CreateTempSubdirectory("upscale-browser-");
        string[] arguments =
        [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage", "--disable-extensions", "--disable-background-networking",
            "--remote-debugging-port=0", $"--user-data-dir={profile.FullName}", "--window-size=1200,900", "about:blank",
        ];
        Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.OutputDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        var browser = new Browser(process, profile);
        await browser.ConnectAsync(page);
        return browser;
    }

    /// <summary>The value of an expression.</summary>
    public async Task<JsonNode?> EvaluateAsync(string expression)
    {
        JsonObject answer = await SendAsync("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true, ["awaitPromise"] = true });
        Assert.Null(answer["exceptionDetails"]);
        return answer["result"]!["value"];
    }

    /// <summary>Presses a key, such as <c>Tab</c> or <c>ArrowRight</c>.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="code">Its Windows virtual key code.</param>
    public async Task PressAsync(string key, int code)
    {
        foreach (string type in new[] { "rawKeyDown", "keyUp" })
            await SendAsync("Input.dispatchKeyEvent", new JsonObject { ["type"] = type, ["key"] = key, ["code"] = key, ["windowsVirtualKeyCode"] = code });
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _limit.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                _profile.Delete(recursive: true);
                return;
            }
            catch (IOException) when (attempt < 50)
            {
                // Processes of it that are still ending.
                await Task.Delay(100);
            }
        }
    }

    private static string? Find()
    {
        IEnumerable<string> folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return s_names.SelectMany(name => folders.Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name))).FirstOrDefault(File.Exists);
    }

    private static string? Method(JsonObject message) => (string?)message["method"];

    private async Task ConnectAsync(string page)
    {
        string port = Path.Combine(_profile.FullName, "DevToolsActivePort");
        while (!File.Exists(port) || File.ReadAllLines(port).Length < 2)
        {
            Assert.False(_process.HasExited, "The browser ended at once.");
            await Task.Delay(50, _limit.Token);
        }

        using var http = new HttpClient();
        JsonArray targets = (JsonArray)JsonNode.Parse(await http.GetStringAsync($"http://127.0.0.1:{File.ReadAllLines(port)[0]}/json/list", _limit.Token))!;
        string address = (string)targets.First(t => (string?)t!["type"] == "page")!["webSocketDebuggerUrl"]!;
        await _socket.ConnectAsync(new Uri(address), _limit.Token);
        foreach (string domain in new[] { "Runtime", "Log", "Network", "Page" })
            await SendAsync($"{domain}.enable", []);
        await SendAsync("Page.navigate", new JsonObject { ["url"] = new Uri(page).AbsoluteUri });
        while ((string?)await EvaluateAsync("document.readyState") != "complete" || !_events.Any(e => Method(e) == "Page.loadEventFired"))
            await Task.Delay(20, _limit.Token);
    }

    private async Task<JsonObject> SendAsync(string method, JsonObject parameters)
    {
        int id = ++_last;
        byte[] message = JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters });
        await _socket.SendAsync(message, WebSocketMessageType.Text, true, _limit.Token);
        while (true)
        {
            JsonObject answer = await ReceiveAsync();
            if (answer["id"] is null)
                _events.Add(answer);
            else if ((int)answer["id"]! == id)
                return answer["result"] as JsonObject ?? throw new InvalidOperationException($"{method}: {answer.ToJsonString()}");
        }
    }

    private async Task<JsonObject> ReceiveAsync()
    {
        using var whole = new MemoryStream();
        byte[] block = new byte[1 << 16];
        ValueWebSocketReceiveResult received;
        do
        {
            received = await _socket.ReceiveAsync(block.AsMemory(), _limit.Token);
            whole.Write(block, 0, received.Count);
        }
        while (!received.EndOfMessage);
        return (JsonObject)JsonNode.Parse(whole.ToArray())!;
    }
}
