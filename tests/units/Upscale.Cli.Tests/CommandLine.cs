using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace Upscale.Cli.Tests;

/// <summary>The built <c>upscale</c>, started in a process of its own.</summary>
internal static class CommandLine
{
    private static readonly string s_assembly = typeof(CommandLine).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "CommandLine").Value!;

    /// <summary>Starts it in a folder, its output redirected.</summary>
    public static Process Start(string folder, params string[] arguments)
    {
        var info = new ProcessStartInfo("dotnet", [s_assembly, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(info)!;
    }

    /// <summary>Starts it in a folder where no file may grow beyond a length, as on a disk that gets full.</summary>
    /// <param name="folder">Its working folder.</param>
    /// <param name="kilobytes">The length.</param>
    /// <param name="arguments">For <c>upscale</c>.</param>
    public static Process StartLimited(string folder, int kilobytes, params string[] arguments)
    {
        // The signal that the limit sends is ignored: what is left is an error of the write. The runtime's own mapped memory would count too.
        const string Script = "trap '' XFSZ; ulimit -f $0; exec dotnet \"$@\"";
        var info = new ProcessStartInfo("bash", ["-c", Script, $"{kilobytes}", s_assembly, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_EnableWriteXorExecute"] = "0" },
        };
        return Process.Start(info)!;
    }

    /// <summary>Starts a script of the shell in which <c>upscale</c> is a command, for somebody who never used .NET before.</summary>
    /// <param name="folder">Its working folder; gets a home.</param>
    /// <param name="script">Lines for bash.</param>
    public static Process StartShell(string folder, string script)
    {
        var info = new ProcessStartInfo("bash", ["-c", $"upscale() {{ dotnet '{s_assembly}' \"$@\"; }}\n{script}"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["HOME"] = Directory.CreateDirectory(Path.Combine(folder, "home")).FullName, ["MSBUILDDISABLENODEREUSE"] = "1" },
        };
        return Process.Start(info)!;
    }

    /// <summary>Starts it in a folder and waits for its end.</summary>
    public static async Task<Ended> RunAsync(string folder, params string[] arguments)
    {
        using Process process = Start(folder, arguments);
        return await EndAsync(process);
    }

    /// <summary>Waits for its end.</summary>
    public static async Task<Ended> EndAsync(Process process)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
        Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return new Ended(process.ExitCode, await output, await errors);
    }

    /// <summary>How it ended.</summary>
    internal sealed record Ended(int Code, string Output, string Errors)
    {
        public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        public JsonElement[] Objects => [.. Lines.Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
