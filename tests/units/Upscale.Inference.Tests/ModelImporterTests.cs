using System.Text.Json.Nodes;
using Upscale.Testing;

namespace Upscale.Inference.Tests;

public sealed class ModelImporterTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("upscale");
    private readonly SessionPool _pool = new();

    public static TheoryData<string> Networks => new(OnnxCase.All.Where(c => !c.MustRefuse && !c.IsBeyondCards).Select(c => c.Name));

    public static TheoryData<string> Refused => new(OnnxCase.All.Where(c => c.MustRefuse).Select(c => c.Name));

    public static TheoryData<string> Pipelines => new("sd-img2img", "sd-inpaint-9ch", "sd-lcm-img2img", "sd-x4-upscaler", "sd-x2-latent-upscaler", "sdxl-img2img", "ldm-sr-x4");

    private string Installed => Path.Combine(_folder.FullName, "home", "models");

    public void Dispose()
    {
        _pool.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public async Task The_card_that_is_written_says_what_the_trial_found(string name)
    {
        OnnxCase network = OnnxCase.All.First(c => c.Name == name);
        ModelCard found = await _pool.ProbeAsync(network.Path, default);
        ModelCard card = await ImportAsync(network.Path);
        Assert.Equal(Path.Combine(Installed, name, "model.onnx"), card.Path);
        Assert.Equal(found with { Id = card.Id, Path = card.Path, Origin = ModelOrigin.User, Stages = card.Stages, Components = card.Components }, card);

        // External data came along, and the hash of the card holds.
        ModelCard verified = _pool.Verify(card, default);
        Assert.Equal(_pool.ContentHash(found, default), _pool.ContentHash(verified, default));
    }

    [Theory]
    [MemberData(nameof(Pipelines))]
    public async Task The_card_of_a_pipeline_says_what_its_folder_does(string name)
    {
        string source = TinyModel.Copy(name, Path.Combine(_folder.FullName, name));
        ModelCard read = _pool.Verify(ModelCatalog.Read(source)!, default);
        ModelCard card = _pool.Verify(await ImportAsync(source), default);
        Assert.Equal(
            read.Components.Select(c => (c.Name, c.Sha256, c.Halo, c.MultipleOf, c.BytesPerPixel)),
            card.Components.Select(c => (c.Name, c.Sha256, c.Halo, c.MultipleOf, c.BytesPerPixel)));
        Assert.Equal(read.Stages, card.Stages);
        Assert.Equal(
            read with { Path = card.Path, Origin = card.Origin, Components = card.Components, Stages = card.Stages, Parameters = card.Parameters, Format = card.Format }, card);
        string[] kept = [.. Files(source)];
        Assert.Equal(kept.Append("model.json").Order(StringComparer.Ordinal), Files(Path.GetDirectoryName(card.Path)!));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_cannot_be_run_is_refused_and_leaves_nothing(string name)
    {
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(() => ImportAsync(OnnxCase.All.First(c => c.Name == name).Path));
        Assert.Equal(UpscaleErrorId.ModelNotSupported, error.ErrorId);
        Assert.Empty(_folder.EnumerateFileSystemInfos());
    }

    [Fact]
    public async Task A_name_of_ones_own_is_taken_and_a_card_of_ones_own_is_kept()
    {
        ModelCard card = await ImportAsync(OnnxCase.All.First(c => c.Name == "x2_nchw_f32").Path, "my net");
        string text = Path.Combine(Installed, "my net", "model.json");
        File.WriteAllText(text, File.ReadAllText(text).Replace("\"purpose\": null", "\"purpose\": \"Mine.\"", StringComparison.Ordinal));
        Directory.Move(Path.Combine(Installed, "my net"), Path.Combine(_folder.FullName, "my net"));

        ModelCard again = await ImportAsync(Path.Combine(_folder.FullName, "my net"));
        ModelCard renamed = await ImportAsync(Path.Combine(_folder.FullName, "my net", "model.json"), "other");
        Assert.Equal(("my net", "other"), (again.Id, renamed.Id));
        Assert.All([again, renamed], c => Assert.Equal(("Mine.", card.Sha256, 2), (c.Purpose, c.Sha256, c.Scale)));
    }

    [Fact]
    public async Task A_card_without_a_hash_gets_one_where_it_is_renamed()
    {
        DirectoryInfo source = _folder.CreateSubdirectory("net");
        File.Copy(OnnxCase.All.First(c => c.Name == "x2_nchw_f32").Path, Path.Combine(source.FullName, "a.onnx"));
        File.WriteAllText(Path.Combine(source.FullName, "model.json"), """{"id":"net", "scale":2, "file":"a.onnx", /* a comment */ "halo":3}""");
        ModelCard card = await ImportAsync(source.FullName);
        Assert.Equal((64, 3), (card.Sha256.Length, card.Halo));
    }

    [Fact]
    public async Task A_folder_with_one_network_is_named_after_it_or_after_itself()
    {
        string network = OnnxCase.All.First(c => c.Name == "x2_nchw_f32").Path;
        DirectoryInfo source = _folder.CreateSubdirectory("some folder");
        File.Copy(network, Path.Combine(source.FullName, "model.onnx"));
        Assert.Equal("some-folder", (await ImportAsync(source.FullName)).Id);
        File.Move(Path.Combine(source.FullName, "model.onnx"), Path.Combine(source.FullName, "x2: sharp?.onnx"));
        Assert.Equal("x2--sharp-", (await ImportAsync(source.FullName)).Id);
        File.Copy(network, Path.Combine(source.FullName, "second.onnx"));
        await RefusedAsync(UpscaleErrorId.ModelNotSupported, "several networks", source.FullName);
        await RefusedAsync(UpscaleErrorId.ModelNotSupported, "holds no network", _folder.CreateSubdirectory("empty").FullName);
        await RefusedAsync(UpscaleErrorId.ModelNotFound, "There is no network", Path.Combine(_folder.FullName, "nowhere.onnx"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".hidden")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("a\\b")]
    [InlineData("net.onnx")]
    [InlineData("what?")]
    [InlineData(" net")]
    public Task A_name_that_is_none_is_refused(string name)
        => RefusedAsync(UpscaleErrorId.OptionInvalid, "no name for a network", OnnxCase.All.First(c => c.Name == "x2_nchw_f32").Path, name);

    [Fact]
    public async Task A_name_that_is_taken_is_refused_and_ones_own_may_be_replaced()
    {
        (string first, string second) = (OnnxCase.All.First(c => c.Name == "x2_nchw_f32").Path, OnnxCase.All.First(c => c.Name == "x3_nchw_f32").Path);
        await ImportAsync(first, "net");
        await RefusedAsync(UpscaleErrorId.TargetExists, "-Force", second, "net");
        Assert.Equal(2, Catalog().Find("net")!.Scale);
        Assert.Equal(3, (await ImportAsync(second, "NET", force: true)).Scale);
        Assert.Equal(3, Assert.Single(Catalog().Cards, c => c.Origin == ModelOrigin.User).Scale);
        await RefusedAsync(UpscaleErrorId.TargetExists, "comes with this program", second, "anime4k-cnn-2x-l-an", force: true);
        await RefusedAsync(UpscaleErrorId.TargetExists, "installed already", Path.Combine(Installed, "net"), force: true);
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task A_file_that_changes_on_the_way_leaves_what_was_there()
    {
        string source = Path.Combine(_folder.FullName, "net.onnx");
        File.Copy(OnnxCase.All.First(c => c.Name == "x2_nchw_f32").Path, source);
        await ImportAsync(source);
        var importer = new ModelImporter(_pool, Catalog(), Installed);
        ModelImport import = await importer.PlanAsync(source, null, true, default);
        File.Copy(OnnxCase.All.First(c => c.Name == "x3_nchw_f32").Path, source, overwrite: true);
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(() => importer.RunAsync(import, default));
        Assert.Equal(UpscaleErrorId.ModelNotSupported, error.ErrorId);
        Assert.Equal(2, _pool.Verify(Catalog().Find("net")!, default).Scale);
        Assert.Empty(Leftovers());

        File.Delete(source);
        error = await Assert.ThrowsAsync<UpscaleException>(() => importer.RunAsync(import, default));
        Assert.Equal(UpscaleErrorId.FileWriteFailed, error.ErrorId);
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task Cancelled_it_leaves_nothing()
    {
        var importer = new ModelImporter(_pool, Catalog(), Installed);
        ModelImport import = await importer.PlanAsync(OnnxCase.All.First(c => c.Name == "x2_nchw_f32").Path, null, false, default);
        Assert.False(Directory.Exists(Installed));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => importer.RunAsync(import, new CancellationToken(true)));
        Assert.Empty(Leftovers());
        Assert.False(Directory.Exists(import.Target));
    }

    [Fact]
    public async Task Links_that_lead_out_of_a_folder_are_refused()
    {
        string source = TinyModel.Copy("sd-img2img", Path.Combine(_folder.FullName, "net"));
        File.WriteAllText(Path.Combine(_folder.FullName, "secret.txt"), "secret");
        File.CreateSymbolicLink(Path.Combine(source, "tokenizer", "notes.txt"), Path.Combine(_folder.FullName, "secret.txt"));
        await RefusedAsync(UpscaleErrorId.ModelNotSupported, "leads out of", source);
    }

    [Fact]
    public async Task Every_key_of_a_written_card_is_one_that_is_read()
    {
        string[] keys = [.. (await WrittenAsync("x2_nchw_f32")).Select(p => p.Key)];
        string documented = File.ReadAllText(Path.Combine(TestData.Root, "models", "README.md"));
        Assert.All(keys, key => Assert.Contains($"`{key}`", documented, StringComparison.Ordinal));
        Assert.Contains("licence", keys);
    }

    private async Task<JsonObject> WrittenAsync(string name)
    {
        ModelCard card = await ImportAsync(OnnxCase.All.First(c => c.Name == name).Path);
        return JsonNode.Parse(File.ReadAllText(Path.Combine(Path.GetDirectoryName(card.Path)!, "model.json")))!.AsObject();
    }

    private async Task<ModelCard> ImportAsync(string source, string? name = null, bool force = false)
    {
        var importer = new ModelImporter(_pool, Catalog(), Installed);
        ModelImport import = await importer.PlanAsync(source, name, force, default);
        await importer.RunAsync(import, default);
        Assert.Empty(Leftovers());
        return Catalog().Find(import.Id)!;
    }

    private async Task RefusedAsync(string errorId, string part, string source, string? name = null, bool force = false)
    {
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(() => ImportAsync(source, name, force));
        Assert.Equal(errorId, error.ErrorId);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    private ModelCatalog Catalog()
    {
        string bundled = Path.Combine(TestData.Root, "models");
        return new ModelCatalog([bundled, Installed], bundled);
    }

    private IEnumerable<string> Leftovers() => Directory.Exists(Path.GetDirectoryName(Installed)) ? Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(Installed)!, ".import-*") : [];

    private static IEnumerable<string> Files(string folder)
        => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).Order(StringComparer.Ordinal);
}
