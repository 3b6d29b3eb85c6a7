using System.Management.Automation;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Upscale.Module.Tests.Hosting;
using Upscale.Testing;

namespace Upscale.Module.Tests;

public sealed class PluginTests : IDisposable
{
    private const string Variable = "UPSCALE_PLUGIN_PATH";

    private readonly ModuleSession _session = new();
    private readonly PictureFolder _folder = new();

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Variable, null);
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_plugin_path_is_listed_with_hashes_and_nothing_of_it_is_loaded()
    {
        RunRecord plugins = _session.Run("param($Folder) Get-UpscalePlugin -PluginPath $Folder", ("Folder", PublishedPlugins.Folder)).AssertNoErrors();
        Assert.Empty(new[] { "Toning", "Turning", "Faulty", "Interpolation" }.Except(plugins.Values<string>("Id")));
        Assert.All(plugins.Values<string>("Hash"), h => Assert.Matches("^[0-9a-f]{64}$", h));
        Assert.Empty(Contexts("Toning"));
        Assert.Equal(["toning"], _session.Run("param($Folder) Get-UpscaleStage toning -PluginPath $Folder", ("Folder", PublishedPlugins.Folder)).AssertNoErrors().Values<string>("Id"));
        _session.Run("Get-UpscaleStage toning").Errors.Single();
    }

    [Fact]
    public void Two_plugins_and_PowerShell_each_have_their_version_of_one_library_and_the_plugins_are_let_go_of()
    {
        // The one that PowerShell brings along.
        string shells = Version(Assembly.Load("Newtonsoft.Json"));
        string[] warnings = Use(_folder.AddPhotograph("cat.png"));
        Assert.Equal(["cat.png: Toning reads JSON with 12.0.3", "cat.png: Turning reads JSON with 13.0.1"], warnings.Select(w => w.Split('+')[0]));
        Assert.DoesNotContain(shells, new[] { "12.0.3", "13.0.1" });
        Assert.Equal(shells, Version(AssemblyLoadContext.Default.Assemblies.Single(a => a.GetName().Name == "Newtonsoft.Json")));

        for (int i = 0; Contexts("Toning", "Turning").Length > 0 && i < 50; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(10);
        }

        Assert.Empty(Contexts("Toning", "Turning"));
    }

    [Fact]
    public void A_fault_is_an_error_that_names_all_and_the_rest_go_on()
    {
        string[] sources = [_folder.AddPhotograph("1.png"), _folder.AddPhotograph("2.png", "x2"), _folder.AddPhotograph("3.png")];
        RunRecord run = _session.Run(
            "param($Path, $Folder) $Path | Invoke-Upscale -PluginPath $Folder -Stage 'faulty:fault=throw,only=212', 'interpolation:scale=2'", ("Path", sources), ("Folder", PublishedPlugins.Folder));
        ErrorRecord error = run.AssertError("StageFailed");
        Assert.False(run.Terminated);
        Assert.Equal(sources[1], error.TargetObject);
        Assert.Equal(ErrorCategory.OperationStopped, error.CategoryInfo.Category);
        Assert.Equal($"{sources[1]} cannot be made: the stage 'faulty' of the plugin 'Faulty' failed: FaultException: half way", error.ToString());
        Assert.Equal([sources[0], sources[2]], run.Values<string>("Source"));
    }

    [Theory]
    [InlineData("wait")]
    [InlineData("spin")]
    public void A_stage_that_hangs_is_given_up_after_its_time(string fault)
    {
        string[] sources = [_folder.AddPhotograph("1.png"), _folder.AddPhotograph("2.png", "x2")];
        RunRecord run = _session.Run(
            $"param($Path, $Folder) $Path | Invoke-Upscale -PluginPath $Folder -Stage 'faulty:fault={fault},only=212', 'interpolation:scale=2' -StageTimeout 3", ("Path", sources), ("Folder", PublishedPlugins.Folder));
        ErrorRecord error = run.AssertError("TimeLimitExceeded");
        Assert.Equal(ErrorCategory.OperationTimeout, error.CategoryInfo.Category);
        Assert.Contains("the stage 'faulty' of the plugin 'Faulty' was given up: it worked on one strip for more than 3 s", error.ToString(), StringComparison.Ordinal);
        Assert.Equal([sources[0]], run.Values<string>("Source"));
        Assert.DoesNotContain("2_2x.png", _folder.Names);
    }

    [Fact]
    public void A_plugin_that_others_can_change_is_refused_unless_forced()
    {
        if (OperatingSystem.IsWindows())
            return;
        string source = _folder.AddPhotograph("cat.png");
        string mine = CopyTurning();
        File.SetUnixFileMode(mine, File.GetUnixFileMode(mine) | UnixFileMode.OtherWrite);
        Environment.SetEnvironmentVariable(Variable, _folder["plugins"]);

        string told = _session.Run("Get-UpscalePlugin Turning").AssertNoErrors().Values<string>("Error")[0];
        Assert.Contains($"{mine} can be written to by everybody", told, StringComparison.Ordinal);
        RunRecord refused = _session.Run("param($Path) Invoke-Upscale $Path -Stage turning", ("Path", source));
        Assert.Contains(told, refused.AssertError("StageNotFound").ToString(), StringComparison.Ordinal);
        Assert.True(refused.Terminated);
        _session.Run("param($Path) Invoke-Upscale $Path -Stage turning -Force", ("Path", source)).AssertNoErrors();
        Assert.Null(_session.Run("Get-UpscalePlugin Turning -Force").AssertNoErrors().Output[0].Properties["Error"].Value);
    }

    [Fact]
    public void A_plugin_that_is_dropped_into_a_plugin_path_is_found_by_the_session_that_is_there()
    {
        Directory.CreateDirectory(_folder["plugins"]);
        Environment.SetEnvironmentVariable(Variable, _folder["plugins"]);
        _session.Run("Get-UpscaleStage turning").Errors.Single();
        CopyTurning();
        Assert.Equal(["turning"], _session.Run("Get-UpscaleStage turning").AssertNoErrors().Values<string>("Id"));
        Assert.Equal(["turning"], _session.Complete("Invoke-Upscale a.png -Stage turn"));
    }

    [Fact]
    public void A_recipe_runs_only_with_the_plugins_that_it_pins()
    {
        string source = _folder.AddPhotograph("cat.png");
        string mine = CopyTurning();
        const string Script = """
            param($Path, $Folder)
            $hash = (Get-UpscalePlugin Turning -PluginPath $Folder).Hash
            $recipe = @{ name = 'pinned'; stages = @('turning'); plugins = @{ Turning = $hash } }
            Invoke-Upscale $Path -PluginPath $Folder -Pipeline $recipe
            [System.IO.File]::WriteAllText("$Folder/Turning/extra.so", 'native')
            Invoke-Upscale $Path -PluginPath $Folder -Pipeline $recipe -Force
            """;
        RunRecord run = _session.Run(Script, ("Path", source), ("Folder", Path.GetDirectoryName(Path.GetDirectoryName(mine))));
        Assert.Single(run.Output);
        Assert.True(run.Terminated);
        Assert.Contains("is not the one that is wanted", run.AssertError("PluginNotLoaded").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_plugin_path_that_is_not_there_ends_the_command()
    {
        string source = _folder.AddPhotograph("cat.png");
        Assert.True(_session.Run("param($Path) Invoke-Upscale $Path -PluginPath none", ("Path", source)).AssertError("FileNotFound") is not null);
        Assert.Equal(["FileNotFound,Upscale.Commands.GetUpscalePluginCommand"], _session.Run("Get-UpscalePlugin -PluginPath none").Errors.Select(e => e.FullyQualifiedErrorId));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private string[] Use(string source)
        => _session.Run("param($Path, $Folder) Invoke-Upscale $Path -PluginPath $Folder -Stage toning, turning", ("Path", source), ("Folder", PublishedPlugins.Folder)).AssertNoErrors().Warnings;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string[] Contexts(params string[] assemblies)
        => [.. AssemblyLoadContext.All.SelectMany(c => c.Assemblies).Select(a => a.GetName().Name!).Where(assemblies.Contains)];

    private static string Version(Assembly assembly) => assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>A copy that a test may change.</summary>
    /// <returns>Path of its assembly.</returns>
    private string CopyTurning()
    {
        string copy = Directory.CreateDirectory(_folder["plugins/Turning"]).FullName;
        foreach (string file in Directory.EnumerateFiles(Path.Combine(PublishedPlugins.Folder, "Turning")))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        return Path.Combine(copy, "Turning.dll");
    }
}
