using Upscale.Pipelines.Plugins;
using Upscale.Testing;

namespace Upscale.Pipelines.Tests;

public sealed class PluginCatalogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_built_in_plugins_are_found_without_loading_them()
    {
        using var catalog = BuiltIn();
        Assert.Contains(catalog.Stages, s => s.Id == "interpolation" && s.Options.Any(o => o.Name == "kernel" && o.Choices.Contains("lanczos3")));
        Assert.Contains(catalog.Stages, s => s.Id == "gan");
        Assert.All(catalog.Plugins, p => Assert.False(p.Loaded));
        Assert.All(catalog.Plugins, p => Assert.Null(p.Error));
    }

    [Fact]
    public void A_stage_in_use_loads_its_plugin_into_a_context_of_its_own_that_shares_the_contract()
    {
        using var catalog = BuiltIn();
        IStageFactory factory = catalog.Factory("gan");
        var context = System.Runtime.Loader.AssemblyLoadContext.GetLoadContext(factory.GetType().Assembly)!;
        Assert.True(context.IsCollectible);
        Assert.NotSame(System.Runtime.Loader.AssemblyLoadContext.Default, context);
        Assert.True(catalog.Plugins.Single(p => p.Id == "Gan").Loaded);
        Assert.False(catalog.Plugins.Single(p => p.Id == "Interpolation").Loaded);
        Assert.Same(factory, catalog.Factory("GAN"));
    }

    [Fact]
    public void An_unloaded_plugin_is_collected()
    {
        WeakReference context = LoadAndUnload();
        for (int i = 0; context.IsAlive && i < 20; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(context.IsAlive);
    }

    [Fact]
    public void An_unknown_stage_is_told_with_the_nearest_name()
    {
        using var catalog = BuiltIn();
        var error = Assert.Throws<UpscaleException>(() => catalog.Factory("interpolaton"));
        Assert.Equal(UpscaleErrorId.StageNotFound, error.ErrorId);
        Assert.Contains("Did you mean 'interpolation'?", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ not json", "cannot be read")]
    [InlineData("""{ "id": "X", "contract": 99, "assembly": "X.dll", "stages": [] }""", "version 99 of the plugin contract")]
    [InlineData("""{ "id": "X", "contract": 1, "assembly": "X.dll", "stages": [] }""", "X.dll is missing")]
    [InlineData("""{ "id": "X", "contract": 1, "assembly": "../X.dll", "stages": [] }""", "file name")]
    [InlineData("""{ "id": "X", "contract": 1, "assembly": "X.dll", "stages": [], "colour": 1 }""", "colour")]
    [InlineData("""{ "id": "Interpolation", "contract": 1, "assembly": "plugin.json", "stages": [] }""", "is taken by")]
    [InlineData("""{ "id": "X", "contract": 1, "assembly": "plugin.json", "stages": [ { "id": "gan", "type": "T" } ] }""", "also offered by")]
    public void A_plugin_that_is_wrong_has_a_named_error_and_leaves_the_others_alone(string manifest, string told)
    {
        File.WriteAllText(_folder.File("X", "plugin.json"), manifest);
        using var catalog = BuiltIn(_folder.Path);
        PluginInfo wrong = catalog.Plugins.Single(p => p.Path.StartsWith(_folder.Path, StringComparison.Ordinal));
        Assert.Contains(told, wrong.Error, StringComparison.Ordinal);
        Assert.NotNull(catalog.Factory("interpolation"));
    }

    [Theory]
    [InlineData("not an assembly", "Demo.Factory")]
    [InlineData(null, "No.Such.Class")]
    [InlineData(null, "Upscale.Gan.GanStage")]
    public void An_assembly_that_cannot_be_used_is_an_error_that_names_plugin_and_folder(string? content, string type)
    {
        File.WriteAllText(_folder.File("Demo", "plugin.json"), $$"""{ "id": "Demo", "contract": 1, "assembly": "Gan.dll", "stages": [ { "id": "demo", "type": "{{type}}" } ] }""");
        if (content is null)
            File.Copy(Path.Combine(TestData.Root, "module", "bin", "plugins", "Gan", "Gan.dll"), _folder.File("Demo", "Gan.dll"));
        else
            File.WriteAllText(_folder.File("Demo", "Gan.dll"), content);
        using var catalog = BuiltIn(_folder.Path);
        var error = Assert.Throws<UpscaleException>(() => catalog.Factory("demo"));
        Assert.Equal(UpscaleErrorId.PluginNotLoaded, error.ErrorId);
        Assert.Contains("'Demo'", error.Message, StringComparison.Ordinal);
        Assert.Contains(_folder.Path, error.Message, StringComparison.Ordinal);
        Assert.NotNull(catalog.Factory("gan"));
    }

    [Theory]
    [MemberData(nameof(Doubts))]
    public void A_plugin_that_others_can_change_is_refused_unless_forced(string path, string command, string told)
    {
        if (OperatingSystem.IsWindows())
            return;
        CopyGan("Mine", "mine");
        Run(command, _folder.File("Mine", path));

        using PluginCatalog plain = BuiltIn(_folder.Path);
        string error = plain.Plugins.Single(p => p.Id == "Mine").Error!;
        Assert.Contains(told, error, StringComparison.Ordinal);
        Assert.Contains("-Force", error, StringComparison.Ordinal);
        var refused = Assert.Throws<UpscaleException>(() => plain.Factory("mine"));
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
        Assert.NotNull(plain.Factory("interpolation"));

        using PluginCatalog forced = plain.With([], force: true);
        Assert.NotNull(forced.Factory("mine"));
        Assert.Same(plain.Factory("interpolation"), forced.Factory("interpolation"));
    }

    public static TheoryData<string, string, string> Doubts
    {
        get
        {
            var doubts = new TheoryData<string, string, string>
            {
                { "Gan.dll", "chmod o+w", "Gan.dll can be written to by everybody" },
                { "plugin.json", "chmod o+w", "plugin.json can be written to by everybody" },
                { "sub/native.so", "chmod o+w", "native.so can be written to by everybody" },
                { "sub", "chmod o+w", "sub can be written to by everybody" },
                { "", "chmod o+w", "Mine can be written to by everybody" },
            };

            // Only root can give files away.
            if (Environment.IsPrivilegedProcess)
            {
                doubts.Add("Gan.dll", "chmod g+w", "Gan.dll can be written to by its group");
                doubts.Add("Gan.dll", "chown 12345", "Gan.dll belongs to another user");
                doubts.Add("", "chown 12345", "Mine belongs to another user");
            }

            return doubts;
        }
    }

    [Fact]
    public void Rights_that_are_taken_away_make_a_plugin_usable()
    {
        if (OperatingSystem.IsWindows())
            return;
        CopyGan("Mine", "mine");
        Run("chmod o+w", _folder.File("Mine", "Gan.dll"));
        using PluginCatalog catalog = BuiltIn(_folder.Path);
        Assert.NotNull(catalog.Plugins.Single(p => p.Id == "Mine").Error);
        Run("chmod o-w", _folder.File("Mine", "Gan.dll"));
        catalog.Refresh();
        Assert.NotNull(catalog.Factory("mine"));
    }

    [Fact]
    public void A_hash_is_that_of_the_code_with_its_names_wherever_it_lies()
    {
        CopyGan("Mine", "mine");
        string[] code = ["Gan.deps.json", "Gan.dll", "Gan.runtimeconfig.json", "plugin.json", "sub/native.so"];
        string lines = string.Concat(code.Select(name => $"{name}\n{Hex(File.ReadAllBytes(_folder.File("Mine", name)))}\n"));
        Assert.Equal(Hex(System.Text.Encoding.UTF8.GetBytes(lines)), HashOf("Mine"));

        string before = HashOf("Mine");
        File.WriteAllText(_folder.File("Mine", "README.md"), "words");
        Assert.Equal(before, HashOf("Mine"));
        Directory.Move(_folder.File("Mine"), _folder.File("Elsewhere"));
        Assert.Equal(before, HashOf("Mine"));
        File.AppendAllText(_folder.File("Elsewhere", "sub", "native.so"), "x");
        string changed = HashOf("Mine");
        Assert.NotEqual(before, changed);
        File.Move(_folder.File("Elsewhere", "sub", "native.so"), _folder.File("Elsewhere", "native.so"));
        Assert.NotEqual(changed, HashOf("Mine"));

        static string Hex(byte[] content) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content));
    }

    [Fact]
    public void A_pinned_plugin_must_be_the_very_one()
    {
        CopyGan("Mine", "mine");
        using PluginCatalog catalog = BuiltIn(_folder.Path);
        string hash = HashOf("Mine");
        catalog.Verify("Mine", hash);
        catalog.Verify("mine", hash.ToUpperInvariant());

        File.AppendAllText(_folder.File("Mine", "Gan.dll"), "x");
        var error = Assert.Throws<UpscaleException>(() => catalog.Verify("Mine", hash));
        Assert.Equal(UpscaleErrorId.PluginNotLoaded, error.ErrorId);
        Assert.All([hash, HashOf("Mine"), _folder.File("Mine")], t => Assert.Contains(t, error.Message, StringComparison.Ordinal));
        error = Assert.Throws<UpscaleException>(() => catalog.Verify("Mime", hash));
        Assert.Equal(UpscaleErrorId.PluginNotLoaded, error.ErrorId);
        Assert.Contains("Did you mean 'Mine'?", error.Message, StringComparison.Ordinal);
    }

    private string HashOf(string id)
    {
        using PluginCatalog catalog = BuiltIn(_folder.Path);
        return catalog.HashedPlugins.Single(p => p.Id == id).Hash!;
    }

    /// <summary>A built-in plugin under another name.</summary>
    private void CopyGan(string id, string stage)
    {
        foreach (string file in Directory.EnumerateFiles(Path.Combine(TestData.Root, "module", "bin", "plugins", "Gan"), "Gan.*"))
            File.Copy(file, _folder.File(id, Path.GetFileName(file)));
        File.WriteAllText(_folder.File(id, "plugin.json"), $$"""{ "id": "{{id}}", "contract": 1, "assembly": "Gan.dll", "stages": [ { "id": "{{stage}}", "type": "Upscale.Gan.GanStageFactory" } ] }""");
        File.WriteAllText(_folder.File(id, "sub", "native.so"), "native");
    }

    private static void Run(string command, string path)
    {
        using var process = System.Diagnostics.Process.Start(command.Split(' ')[0], [command.Split(' ')[1], path]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private static PluginCatalog BuiltIn(params string[] more) => new(new UpscaleHome(TestData.Root).BuiltInPlugins, () => more);

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference LoadAndUnload()
    {
        using var catalog = BuiltIn();
        return new WeakReference(System.Runtime.Loader.AssemblyLoadContext.GetLoadContext(catalog.Factory("interpolation").GetType().Assembly));
    }
}
